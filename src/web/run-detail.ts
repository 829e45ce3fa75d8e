/** One run in full: what it was started with, what it found, and how to do the same again. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { runAsStudy } from "../comparison/run-as-study.ts";
import { methodOf } from "../methods/registry.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { isOwn, trainNeeds } from "../run/unused-train-options.ts";
import { verdictLines } from "../run/verdict.ts";
import { inputKeys, sharedKeys } from "../study/plan-schema.ts";
import type { RunDetail, RunRow } from "./app-types.ts";
import type { StoredFacts } from "./run-row.ts";

/** @throws AttuneError where its files are broken */
export function runDetail(folder: string, row: RunRow): RunDetail {
  const run = RunFolder.open(folder);
  const facts = run.readJson<StoredFacts>("run.json");
  const { options, labels = [], notes = [], reading, attune, node, engine, machine } = facts;
  const result = row.state === "done" ? run.readJson<Partial<RunResult>>("result.json") : undefined;
  const { out: _, ...shown } = options;
  const about = {
    Data: reading,
    Labels: labels.length > 0 ? String(labels.length) : undefined,
    Attune: attune,
    Engine: engine,
    Machine: machine && `${machine.processor}, ${machine.cores} cores`,
    Node: node,
  };
  const isTrained = row.kind === "train" && row.state !== "unreadable";
  return {
    row,
    options: shown,
    labels,
    notes,
    facts: Object.fromEntries(Object.entries(about).filter(([, text]) => text !== undefined)) as Record<string, string>,
    perClass: result?.test?.perClass ?? [],
    verdict: result?.verdict ? verdictLines(result.verdict) : [],
    command: isTrained ? runAsStudy(folder, facts).command : "",
    plan: isTrained ? planOf(options) : {},
  };
}

/** The same run as a study of one: what all methods take stands in the plan, what is the method's own with the run. */
function planOf(options: StoredFacts["options"]): Record<string, unknown> {
  const { method, recipe = "own", seed } = options;
  // What has no effect is refused of a plan, and a run may have it from its recipe.
  const idle = new Set<string>(trainNeeds.flatMap(({ options: keys, lacks }) => (lacks(options) ? keys : [])));
  if (options.splitSeed === seed) idle.add("splitSeed");
  const given = Object.entries(options).filter(([key]) => isOwn(options, key) && !idle.has(key));
  const named = (keys: readonly string[]) => Object.fromEntries(given.filter(([key]) => keys.includes(key)));
  const shape: Readonly<Record<string, z.ZodType>> = methodOf(method).options.shape;
  const isUsual = (key: string) =>
    isDeepStrictEqual(options[key as keyof typeof options], shape[key]!.safeParse(undefined).data);
  const own = named(Object.keys(shape).filter((key) => !isUsual(key)));
  return { ...named([...inputKeys, ...sharedKeys]), recipe, seeds: [seed], runs: [{ method, ...own }] };
}
