/**
 * `attune serve` under load: requests of 1 to 100 texts, many at a time, while its health is asked for all the time by another
 * process. Whether any is lost, whether the numbers are those of `predict`, how long health takes, and whether memory grows.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { load, type Prediction } from "../src/classifier/classifier.ts";
import { atPath } from "../src/hub/named-inputs.ts";
import { train } from "../src/run/train.ts";
import { startBuilt } from "./built.ts";
import { markdownTable, median, megabytes, milliseconds, seconds } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { includedInputs, measuring } from "./options.ts";
import { writeResults } from "./results.ts";
import { loadTexts } from "./samples.ts";
import type { Health, HealthJob } from "./serve-health.ts";

const GOAL_SECONDS = 0.05;
const MOST_TEXTS = 100;
/** Which texts are computed together decides the last bits of a probability. */
const TOLERANCE = 1e-6;

export async function benchServe(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...includedInputs,
      ...measuring,
      requests: { type: "string" },
      "at-once": { type: "string", default: "16" },
      every: { type: "string", default: "20" },
    },
  });
  const marks = (values.requests ?? (values.short ? "20" : "200,400,1000")).split(",").map(Number);
  const atOnce = Number(values["at-once"]);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const run = await writeRun(values, join(folder, "run"));
    const texts = await textsOf(values.data);
    const expected = await predictionsOf(run, texts);
    const server = startBuilt("serve", run, "--port", "0", "--threads", values.threads);
    try {
      const url = await firstLine(server);
      const polled = await poll({ url, everyMilliseconds: Number(values.every) });
      const load = new Load(url, texts, expected);
      const rows = [await numbersAt(url, 0)];
      const started = performance.now();
      for (const mark of marks) {
        await load.until(mark, atOnce);
        rows.push(await numbersAt(url, mark));
      }
      const loadSeconds = (performance.now() - started) / 1000;
      const health = await polled.stop();
      const code = await stopped(server);
      const { markdown, data } = report({ rows, health, code, load, loadSeconds, atOnce, values });
      const path = writeResults(values.out, benchMachine(), { markdown, data }, "serve");
      console.log(`\n${markdown}\n\n${path}.md, .json`);
    } finally {
      server.kill("SIGKILL");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Inputs {
  readonly model: string;
  readonly data: string;
}

/** A classifier to serve: how good it is does not matter. */
async function writeRun({ model, data }: Inputs, out: string): Promise<string> {
  await train({ model, data, out, method: "probe", epochs: 1, limit: 200, threads: 1 });
  return out;
}

async function textsOf(data: string): Promise<string[]> {
  const { train: rows } = (await loadTexts(atPath(data).path)).splits;
  return Array.from({ length: Math.min(2000, rows.length) }, (_, i) => rows.at(i).text);
}

async function predictionsOf(run: string, texts: readonly string[]): Promise<Prediction[]> {
  const classifier = await load(run);
  try {
    return await classifier.predict(texts);
  } finally {
    await classifier.dispose();
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface(stdout!)) return line;
  throw new Error("the server ended before it listened");
}

/** Requests, each of so many texts from another place. */
class Load {
  readonly #url: string;
  readonly #texts: readonly string[];
  readonly #expected: readonly Prediction[];
  #next = 0;
  lost = 0;
  answered = 0;
  labelled = 0;
  /** Between a probability and that of `predict`. */
  largestDifference = 0;

  constructor(url: string, texts: readonly string[], expected: readonly Prediction[]) {
    this.#url = url;
    this.#texts = texts;
    this.#expected = expected;
  }

  async until(count: number, atOnce: number): Promise<void> {
    const ask = async () => {
      while (this.#next < count) await this.#ask(this.#next++);
    };
    await Promise.all(Array.from({ length: atOnce }, ask));
  }

  async #ask(request: number): Promise<void> {
    const count = 1 + ((request * 37) % MOST_TEXTS);
    const at = Array.from({ length: count }, (_, i) => (request * 53 + i) % this.#texts.length);
    try {
      const response = await fetch(`${this.#url}/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ texts: at.map((i) => this.#texts[i]!) }),
      });
      const { predictions } = (await response.json()) as { predictions: Pick<Prediction, "scores">[] };
      if (predictions.length !== count) throw new Error("answers are missing");
      for (const [i, { scores }] of predictions.entries())
        for (const { label, probability } of scores) {
          const apart = Math.abs(probability - this.#expected[at[i]!]!.probabilities[label]!);
          this.largestDifference = Math.max(this.largestDifference, apart);
        }
      this.answered++;
      this.labelled += count;
    } catch (error) {
      this.lost++;
      console.log(`request ${request}: ${(error as Error).message}`);
    }
  }
}

interface Numbers {
  readonly requests: number;
  readonly rssBytes: number;
  /** The longest that the server's thread was late since the row before. */
  readonly lag: number;
}

async function numbersAt(url: string, requests: number): Promise<Numbers> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const numberOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)![1]);
  const found = {
    requests,
    rssBytes: numberOf("process_resident_memory_bytes"),
    lag: numberOf("nodejs_eventloop_lag_max_seconds"),
  };
  console.log(`after ${requests} requests: ${megabytes(found.rssBytes)}, late by ${milliseconds(found.lag)} at most`);
  return found;
}

/** Begun with its first answer, so that what comes next has all of its time. */
async function poll(job: HealthJob): Promise<{ stop(): Promise<Health> }> {
  const child = fork(new URL("serve-health.ts", import.meta.url), [JSON.stringify(job)], {
    execArgv: process.execArgv,
  });
  await once(child, "message");
  return {
    stop: async () => {
      const answer = once(child, "message");
      child.send("stop");
      return (await answer)[0] as Health;
    },
  };
}

async function stopped(server: ChildProcess): Promise<number | null> {
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  return (await ended)[0] as number | null;
}

interface Measured {
  readonly rows: readonly Numbers[];
  readonly health: Health;
  readonly code: number | null;
  readonly load: Load;
  readonly loadSeconds: number;
  readonly atOnce: number;
  readonly values: Inputs & { readonly threads: string; readonly every: string };
}

function report({ rows, health, code, load, loadSeconds, atOnce, values }: Measured) {
  const { lost, answered, labelled, largestDifference } = load;
  const worst = Math.max(...health.seconds);
  const late = health.seconds.filter((value) => value > GOAL_SECONDS).length;
  const isEqual = largestDifference < TOLERANCE;
  const said = [
    `\`attune serve\` with ${values.model}, ${values.threads} threads: requests of 1 to ${MOST_TEXTS} texts, ${atOnce} at a time, health every ${values.every} ms from a process of its own.`,
    "",
    `- requests: ${answered} answered (${labelled} texts in ${seconds(loadSeconds)}), ${lost} lost; ended with exit code ${code}`,
    `- health: ${health.seconds.length} answers, median ${milliseconds(median(health.seconds))}, worst ${milliseconds(worst)}, ${late} over ${milliseconds(GOAL_SECONDS)} (the goal: none), ${health.failures} failed; the asking process itself was late by up to ${milliseconds(health.ownDelay)}`,
    `- probabilities differ from those of \`predict\` by up to ${largestDifference.toExponential(1)} (${isEqual ? "the same" : "NOT THE SAME"}, to ${TOLERANCE})`,
    "",
    markdownTable([
      ["after requests", "resident memory", "above the row before", "server's thread late by at most"],
      ...rows.map(({ requests, rssBytes, lag }, i) => [
        String(requests),
        megabytes(rssBytes),
        i === 0 ? "–" : megabytes(rssBytes - rows[i - 1]!.rssBytes),
        milliseconds(lag),
      ]),
    ]),
  ];
  const { seconds: answers, ...others } = health;
  const data = {
    ...{ model: values.model, threads: Number(values.threads), atOnce, rows, lost, answered, labelled, code },
    ...{ largestDifference, loadSeconds },
    health: { ...others, count: answers.length, median: median(answers), worst, late },
  };
  return { markdown: said.join("\n"), data };
}
