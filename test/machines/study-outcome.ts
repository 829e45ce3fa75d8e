/** What must not depend on what happened to a study, or on where its runs were done: all but times, memory and places. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { RunResult } from "../../src/run/run-result.ts";
import type { TrainEvent } from "../../src/run/train-events.ts";
import { filesBelow, readJson, readLines } from "../e2e/attune.ts";

/** Of each run in the folder of a study: figures, steps, and the bytes of model and predictions. */
export const studyOutcome = (study: string) =>
  readdirSync(join(study, "runs"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const folder = join(study, "runs", name);
      const { seconds, memory, examplesPerSecond, epochs, ...result } = readJson<RunResult>(folder, "result.json");
      const steps = readLines<TrainEvent>(folder, "events.jsonl");
      const kept = filesBelow(folder).filter((file) => /^(model|adapter|predictions)\/.*\.\w+$/.test(file));
      return {
        name,
        metrics: { ...result, epochs: epochs.map(({ seconds: _, ...epoch }) => epoch) },
        steps: steps.flatMap((event) => (event.type === "step" ? [[event.step, event.loss]] : [])),
        files: Object.fromEntries(kept.map((file) => [file, readFileSync(join(folder, file)).toString("base64")])),
      };
    });

/** What the report of a study says of its runs, but for times, memory and what the machines are. */
export const reportFigures = (study: string) =>
  ["results.csv", "epochs.csv"].map((file) => {
    const rows: Record<string, string>[] = parse(readFileSync(join(study, file)), { columns: true });
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([key]) => !/second|rss|^threads$|^processor$/.test(key))),
    );
  });
