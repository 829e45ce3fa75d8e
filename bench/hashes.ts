/**
 * SHA-256 of what the command line computes, to hold one checkout beside another: where a change is to change no result,
 * the tables before and after it are the same. Asks nothing of the sources, so that it measures any version of them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable } from "./figures.ts";
import { type HashJob, jobsOn, RUN } from "./hashes-jobs.ts";
import { hashesOf, sha256, withoutMeasured } from "./stable.ts";

/** Texts of the sample at most. */
const SAMPLE = { train: 192, validation: 96, test: 128 } as const;

type Attune = (...args: readonly string[]) => string;
type Row = readonly [job: string, result: string, hash: string];

export async function benchHashes(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cli: { type: "string", default: fileURLToPath(new URL("../dist/cli/main.js", import.meta.url)) },
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      "config-name": { type: "string" },
      limit: { type: "string", default: "320" },
      threads: { type: "string", default: "2" },
      out: { type: "string" },
      short: { type: "boolean", default: false },
    },
  });
  const { cli, model, data, "config-name": configName, limit, threads, short } = values;
  const attune: Attune = (...command) => runCommand(cli, command);
  const folder = values.out ?? mkdtempSync(join(tmpdir(), "attune-bench-"));
  mkdirSync(folder, { recursive: true });
  const rows: Row[] = [];
  const run = (job: HashJob, out: string): void => {
    const started = performance.now();
    rows.push(...rowsOf(attune, { ...job, command: [...job.command, "--threads", threads] }, out));
    console.error(`${job.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  };
  try {
    const named = configName ? ["--config-name", configName] : [];
    const all = ["train", "--model", model, "--data", data, ...named, "--head", "pooler", "--learning-rate", "5e-5"];
    const read = join(folder, "read");
    run({ name: "none, all of the data", command: [...all, "--method", "none"] }, read);
    const methods = [...attune("methods").matchAll(/^(\w+): /gm)].map(([, method]) => method!);
    // 0.1.0 said "kept".
    const featureMegabytes = /--\S+-megabytes/.exec(attune("train", "--help"))![0];
    const jobs = jobsOn({ model, featureMegabytes, ...writeSample(folder, read) }, short ? ["lora"] : methods, short);
    const first = `full, the first ${limit} texts`;
    if (!short) jobs.unshift({ name: first, command: [...all, "--limit", `first:${limit}`, "--epochs", "2"] });
    for (const [i, job] of jobs.entries()) {
      const out = join(folder, `${i}`);
      run(job, out);
      // Checkpoints of all of them would take gigabytes.
      if (values.out === undefined) rmSync(out, { recursive: true });
    }
  } finally {
    if (values.out === undefined) rmSync(folder, { recursive: true });
  }
  console.log(markdownTable([["job", "result", "SHA-256"], ...rows]));
}

/** Runs a command of Attune and returns what it printed. */
function runCommand(cli: string, command: readonly string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [cli, ...command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`attune ${command.join(" ")}: ended with ${signal ?? status}\n${stderr}`);
  return stdout;
}

function rowsOf(attune: Attune, { name, command, after = [] }: HashJob, out: string): Row[] {
  attune(...command, "--quiet", "--out", out);
  const rows: Row[] = hashesOf(out).map(([file, hash]) => [name, file, hash]);
  for (const further of after) {
    const onRun = further.map((word) => (word === RUN ? out : word));
    if (further[0] !== "export") {
      const lines = attune(...onRun)
        .trimEnd()
        .split("\n");
      rows.push([name, further[0]!, sha256(lines.map((line) => withoutMeasured(JSON.parse(line))).join("\n"))]);
      continue;
    }
    const exported = join(out, `export-${rows.length}`);
    attune(...onRun, "--out", exported);
    const format = further[further.indexOf("--format") + 1]!;
    rows.push(...hashesOf(exported).map(([file, hash]): Row => [name, `export ${format}: ${file}`, hash]));
  }
  return rows;
}

interface Prediction {
  readonly text: string;
  readonly label: string;
}

/** Writes a few labelled texts, and the same without labels, from what a run on all of the data predicted. */
function writeSample(folder: string, run: string): { readonly sample: string; readonly corpus: string } {
  const predictionsOf = (split: string): Prediction[] =>
    readFileSync(join(run, "predictions", `${split}.jsonl`), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Prediction);
  const known = predictionsOf("validation");
  // Where there are few, the shares are the same.
  const count = Math.min(known.length, SAMPLE.train + SAMPLE.validation);
  const trained = Math.round((count * SAMPLE.train) / (SAMPLE.train + SAMPLE.validation));
  const splits = {
    train: known.slice(0, trained),
    validation: known.slice(trained, count),
    test: predictionsOf("test").slice(0, SAMPLE.test),
  };
  const [sample, corpus] = [join(folder, "sample"), join(folder, "corpus.txt")];
  mkdirSync(sample);
  for (const [split, texts] of Object.entries(splits)) {
    const lines = texts.map(({ text, label }) => `${JSON.stringify({ text, label })}\n`);
    writeFileSync(join(sample, `${split}.jsonl`), lines.join(""));
  }
  writeFileSync(corpus, known.map(({ text }) => `${text}\n\n`).join(""));
  return { sample, corpus };
}
