/** Studies: killed, stopped, refused and finished ones. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Holder } from "../../src/base/is-running.ts";
import { randomKey, uint32 } from "../../src/base/random.ts";
import type { StoredPrediction } from "../../src/run/predictions.ts";
import type { RunFacts } from "../../src/run/run-facts.ts";
import type { RunResult } from "../../src/run/run-result.ts";
import type { FailedRun, Study } from "../../src/study/study.ts";
import { studyOutcome } from "../machines/study-outcome.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import {
  attune,
  commandLine,
  filesBelow,
  type Outcome,
  readJson,
  readLines,
  start,
  startAttune,
  succeed,
} from "./attune.ts";

const cwd = scratchFolder().folder({});
// So many positions that the weights take more than a report does: see what a disk refuses, below.
tinyModel(join(cwd, "model"), { layers: 2, dropout: 0.2, positions: 1500 });
tinyData(join(cwd, "data"), { rows: 120 });

const PLAN = `model: model
data: data
recipe: own
epochs: 2
batchSize: 4
learningRate: 5e-3
checkpointMinutes: 0.0002
methods: [none, full, probe, lora]
ranks: [2, 4]
`;
writeFileSync(join(cwd, "study.yaml"), PLAN);
writeFileSync(join(cwd, "wrong.yaml"), `${PLAN}rankss: 3\n`);
const NAMES = ["own-none-s42", "own-full-s42", "own-probe-s42", "own-lora-r2-s42", "own-lora-r4-s42"];
/** Of all runs together. */
const STEPS = 4 * 60;

const argsOf = (out: string, ...rest: readonly string[]): string[] => [
  ...["compare", "--plan", "study.yaml", "--out", out, "--no-estimate"],
  ...rest,
];
const resumeArgs = (out: string): string[] => ["compare", "--resume", out, "--no-estimate"];
const studyOf = (out: string) => readJson<Study>(cwd, out, "study.json");

const outcomeOf = (out: string) => studyOutcome(join(cwd, out));

/** Steps that all runs of a study have logged; the last line of a log may be half written. */
function stepsSoFar(out: string): number {
  const folder = join(cwd, out, "runs");
  if (!existsSync(folder)) return 0;
  const logs = readdirSync(folder).map((name) => join(folder, name, "events.jsonl"));
  return logs
    .filter(existsSync)
    .reduce((sum, log) => sum + readFileSync(log, "utf8").split('"type":"step"').length - 1, 0);
}

/** Runs until `isTime` and sends a signal then. */
async function stopWhen(args: string[], signal: NodeJS.Signals, isTime: () => boolean): Promise<Outcome> {
  const { process: child, ended } = startAttune(args, { cwd });
  while (child.exitCode === null && !isTime()) await setTimeout(2);
  expect(child.exitCode, "the study was over before its time came").toBeNull();
  child.kill(signal);
  return ended;
}

/** The processes that work on runs of a study. */
const workersOf = (out: string): number[] =>
  readdirSync(join(cwd, out, "runs"))
    .filter((name) => name.endsWith(".lock"))
    .map((name) => readJson<Holder>(cwd, out, "runs", name).pid);

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

let undisturbed: ReturnType<typeof outcomeOf>;
let first: Outcome;
beforeAll(async () => {
  first = await succeed(argsOf("undisturbed"), { cwd });
  undisturbed = outcomeOf("undisturbed");
});

describe("a study", () => {
  test("has a finished run folder for each run, and study.json", () => {
    const { plan, began, attune: version, threads, ...study } = studyOf("undisturbed");
    expect(undisturbed.map(({ name }) => name)).toEqual([...NAMES].sort());
    expect(study.runs.map(({ name }) => name)).toEqual(NAMES);
    expect(study).toMatchObject({
      command: "attune compare --plan study.yaml --out undisturbed --no-estimate",
      jobs: 1,
      timesComparable: true,
      model: "model",
      data: "data",
      recipes: ["own"],
      seeds: [42],
    });
    expect(plan.ranks).toEqual([2, 4]);
    const files = filesBelow(join(cwd, "undisturbed"));
    for (const file of ["study.json", "plan.yaml", "report.html", "report.md", "results.csv", "epochs.csv"])
      expect(files).toContain(file);
    expect(files.filter((path) => /lock|partial/.test(path))).toEqual([]);
  });

  test("tells of its runs, and ends with their table and where the report is", () => {
    expect(first.stderr).toContain("5 runs in undisturbed\n");
    expect(first.stderr).toMatch(/^own-full-s42: epoch 2\/2, validation loss 0\.\d{4}, macro F1 \d\.\d{4}, 0:\d\d$/m);
    const { test: figures } = readJson<RunResult>(cwd, "undisturbed/runs/own-full-s42/result.json");
    expect(first.stdout).toMatch(new RegExp(`^Full fine-tuning +${figures.accuracy.toFixed(4)}`, "m"));
    expect(first.stdout.trimEnd().split("\n").at(-1)).toBe(join("undisturbed", "report.html"));
  });

  test("that is finished has nothing more to do", async () => {
    const before = filesBelow(join(cwd, "undisturbed"));
    const { stdout, stderr } = await succeed(resumeArgs("undisturbed"), { cwd });
    expect(stderr).toBe(
      "Head of all runs: mean (the model has no pooler).\n5 runs in undisturbed, 5 of them finished before\n",
    );
    expect(stdout).toBe(first.stdout);
    expect(filesBelow(join(cwd, "undisturbed"))).toEqual(before);
  });

  test("with two runs at once ends with the same bytes, and says that times cannot be compared", async () => {
    const { stderr } = await succeed(argsOf("side-by-side", "--jobs", "2", "--threads", "2"), { cwd });
    expect(stderr).toContain("their times cannot be compared");
    expect(outcomeOf("side-by-side")).toEqual(undisturbed);
    expect(studyOf("side-by-side")).toMatchObject({ jobs: 2, threads: 1, timesComparable: false });
  });

  test("says beforehand how long it will take", async () => {
    const { stderr } = await succeed(
      [...argsOf("timed", "--methods", "full,lora").filter((arg) => arg !== "--no-estimate")],
      { cwd },
    );
    const lines = stderr.split("\n");
    const timing = lines.indexOf("timing each kind of run on this machine …");
    expect(lines[timing + 1]).toMatch(/^3 runs to go, about \d+ (seconds?|minutes); until about (\S+ )?\d\d:\d\d$/);
    expect(lines.filter((line) => / runs? to go, about /.test(line))).toHaveLength(3);
  });
});

test("a study of sentence pairs in one file has the same test texts for every seed", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 2 ? "good" : "bad"} ${i};the film number ${i};${i % 2}`);
  writeFileSync(join(cwd, "pairs.csv"), ["question;sentence;label", ...rows].join("\n"));
  const { stderr } = await succeed(
    [
      ...["compare", "--model", "model", "--data", "pairs.csv", "--text", "question,sentence", "--label", "label"],
      ...["--recipe", "own", "--methods", "probe", "--seeds", "2", "--epochs", "1", "--out", "pairs"],
    ],
    { cwd },
  );
  expect(stderr).toMatch(/^2 runs to go, about \d+ seconds?; until /m);
  const [one, two] = [42, 43].map((seed) => {
    const run = join(cwd, "pairs/runs", `own-probe-s${seed}`);
    const texts = readLines<StoredPrediction>(run, "predictions/test.jsonl").map(({ id, text, pair }) => [
      id,
      text,
      pair,
    ]);
    return { texts, split: readJson<RunFacts>(run, "run.json").options.splitSeed };
  });
  expect(one!.texts).toHaveLength(6);
  expect(one!.texts[0]![2]).toMatch(/^the film number \d+$/);
  expect(two).toEqual({ texts: one!.texts, split: 42 });
});

describe("a study that is killed", () => {
  test("at ten moments, and started again each time, ends with the same bytes", async () => {
    const key = randomKey(1, "sample", "kill study");
    // One moment in each eleventh of the steps but the last; then some milliseconds, so that all else is hit as well.
    const part = STEPS / 11;
    for (let i = 0; i < 10; i++) {
      const steps = Math.floor(i * part) + 1 + (uint32(key, i) % Math.floor(part));
      let due: number | undefined;
      const args = i % 2 === 0 ? argsOf("killed") : i === 9 ? resumeArgs("killed") : argsOf("killed", "--threads", "1");
      const { code } = await stopWhen(args, "SIGKILL", () => {
        if (stepsSoFar("killed") >= steps) due ??= performance.now() + (uint32(key, 100 + i) % 200);
        return due !== undefined && performance.now() >= due;
      });
      expect(code).toBeUndefined();
    }
    await succeed(argsOf("killed"), { cwd });
    expect(outcomeOf("killed")).toEqual(undisturbed);
    expect(filesBelow(join(cwd, "killed")).filter((path) => /lock|partial|stale|^failed\/./.test(path))).toEqual([]);
  });

  test("leaves no process behind", async () => {
    const args = argsOf("orphaned");
    await stopWhen(args, "SIGKILL", () => stepsSoFar("orphaned") >= 10);
    const [worker] = workersOf("orphaned");
    for (let i = 0; worker !== undefined && isAlive(worker); i++) {
      expect(i, "its run still goes on").toBeLessThan(500);
      await setTimeout(20);
    }
  });
});

describe("a study that gets SIGINT", () => {
  test("stops its run behind a step, and goes on from there with --resume", async () => {
    const { code, stdout, stderr } = await stopWhen(argsOf("stopped"), "SIGINT", () => stepsSoFar("stopped") >= 90);
    expect(code).toBe(130);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      "attune: stopped with 2 of 5 runs finished; go on with: attune compare --resume stopped",
    );
    expect(readJson(cwd, "stopped/runs/own-probe-s42/run.json")).toMatchObject({ status: "interrupted" });
    const again = await succeed(resumeArgs("stopped"), { cwd });
    expect(again.stderr).toContain("own-probe-s42: goes on\n");
    expect(outcomeOf("stopped")).toEqual(undisturbed);
  });
});

describe("a run that fails", () => {
  test("is shown with its reason, and the others are finished", async () => {
    writeFileSync(
      join(cwd, "failing.yaml"),
      `${PLAN.replace(/ranks.*/, "")}runs:\n  - { method: lora, rank: 2, layers: [[0], [7]] }\n`.replace(
        ", lora]",
        "]",
      ),
    );
    const args = ["compare", "--plan", "failing.yaml", "--out", "failing", "--no-estimate"];
    const { code, stdout, stderr } = await attune(args, { cwd });
    const name = "own-lora-r2-layers-7-s42";
    const reason = "there is no layer 7: the model has layers 0 to 1";
    expect(code).toBe(1);
    expect(stderr).toContain(`\n${name}: failed: ${reason}\n`);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      `attune: 1 of 5 runs failed (${name}: ${reason}); the others are finished; try again with: attune compare --resume failing`,
    );
    expect(stdout).toContain("LoRA, rank 2");
    expect(readJson<FailedRun>(cwd, "failing/failed", `${name}.json`)).toEqual({ name, reason });
    const again = await attune(resumeArgs("failing"), { cwd });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`${name}: begins\n`);
  });

  test("because its process was killed takes no other along, and goes on the next time", async () => {
    let victim: number | undefined;
    const { process: child, ended } = startAttune(argsOf("robbed"), { cwd });
    while (child.exitCode === null && victim === undefined) {
      if (stepsSoFar("robbed") >= 20) victim = workersOf("robbed")[0];
      await setTimeout(2);
    }
    process.kill(victim!, "SIGKILL");
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain("own-full-s42: failed: its process ended by SIGKILL");
    expect(existsSync(join(cwd, "robbed/failed/own-full-s42.json"))).toBe(true);
    await succeed(resumeArgs("robbed"), { cwd });
    expect(outcomeOf("robbed")).toEqual(undisturbed);
    expect(existsSync(join(cwd, "robbed/failed/own-full-s42.json"))).toBe(false);
  });
});

describe("a disk that refuses", () => {
  /** Files of at most so many blocks of 512 bytes: what a full disk does, for big files only. */
  const limited = (blocks: number, args: readonly string[]) =>
    start("sh", ["-c", `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, commandLine, ...args], { cwd }).ended;

  test.skipIf(process.platform === "win32")("fails the runs that need more, and they go on later", async () => {
    // A checkpoint of all weights has 300 kB for each of three values of them, one of LoRA's a few; a report has 150 kB.
    const { code, stdout, stderr } = await limited(400, argsOf("narrow", "--methods", "full,lora", "--ranks", "2"));
    expect(code).toBe(1);
    const last = stderr.trimEnd().split("\n").at(-1)!;
    expect(last).toMatch(/^attune: 1 of 2 runs failed \(own-full-s42: narrow\/runs\/own-full-s42.* --resume narrow$/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toContain("LoRA, rank 2");
    expect(filesBelow(join(cwd, "narrow")).filter((path) => path.includes("partial"))).toEqual([]);
    await succeed(resumeArgs("narrow"), { cwd });
    const isKept = ({ name }: { readonly name: string }) => /full|r2/.test(name);
    expect(outcomeOf("narrow")).toEqual(undisturbed.filter(isKept));
  });

  test("leaves the table where the report cannot be written", async () => {
    writeFileSync(join(cwd, "file"), "");
    const { code, stdout, stderr } = await attune(["report", "undisturbed", "--out", "file"], { cwd });
    expect([code, stdout]).toEqual([1, first.stdout.slice(1, first.stdout.indexOf("Next:"))]);
    expect(stderr).toMatch(/^attune: .*\n$/);
  });
});

describe("compare refuses", () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await attune(["compare", ...args], { cwd });
    expect(stdout).toBe("");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^attune: .*\n$/);
    return stderr.slice("attune: ".length, -1);
  };

  test("a folder in which another compare works", async () => {
    const { process: child, ended } = startAttune(argsOf("busy"), { cwd });
    while (child.exitCode === null && stepsSoFar("busy") === 0) await setTimeout(2);
    const message = await refused(...argsOf("busy").slice(1));
    expect(message).toContain(`busy: process ${child.pid} works in this folder; wait for it, or stop it`);
    expect((await ended).code).toBe(0);
    expect(outcomeOf("busy")).toEqual(undisturbed);
  });

  test("another plan in the folder of a study, and names the first difference", async () => {
    expect(await refused(...argsOf("undisturbed", "--epochs", "3").slice(1))).toContain(
      "undisturbed: this study was begun with another plan (epochs was 2 and is now 3); choose another --out",
    );
  });

  test.each([
    ["a plan with a wrong key", ["--plan", "wrong.yaml", "--out", "new"], 'wrong.yaml, line 10: there is no key "rank'],
    [
      "a wrong method",
      ["--plan", "study.yaml", "--methods", "ful", "--out", "new"],
      '--methods: there is no method "ful"; did you mean "full"?',
    ],
    [
      "a wrong value",
      ["--plan", "study.yaml", "--epochs", "x", "--out", "new"],
      '--epochs cannot be "x": it must be a whole number',
    ],
    ["no data", ["--model", "model", "--out", "new"], "--data is missing: labelled texts"],
    ["no folder", ["--plan", "study.yaml"], "the option --out is missing"],
    ["a model that is not there", ["--model", "nothing", "--data", "data", "--out", "new"], "nothing"],
    [
      "a folder that is no study",
      ["--plan", "study.yaml", "--out", "data"],
      "data: this folder exists and holds no study",
    ],
    [
      "a folder in which nothing can be",
      ["--plan", "study.yaml", "--out", "study.yaml/new"],
      "study.yaml/new: a study cannot be written here",
    ],
    ["to go on where there is no study", ["--resume", "data"], "data: there is no study.json in it"],
    [
      "to go on with another plan",
      ["--resume", "undisturbed", "--epochs", "3"],
      "--epochs cannot be used with --resume",
    ],
  ])("%s", async (_, args, message) => {
    expect(await refused(...args)).toContain(message);
    expect(existsSync(join(cwd, "new"))).toBe(false);
  });
});

test("--print-plan writes a plan that means the same runs", async () => {
  const { stdout } = await succeed(["compare", "--plan", "study.yaml", "--seeds", "2", "--print-plan"], { cwd });
  expect(stdout).toMatch(/^# yaml-language-server: \$schema=.*plan\.schema\.json\n/);
  writeFileSync(join(cwd, "printed.yaml"), stdout);
  const again = await succeed(["compare", "--plan", "printed.yaml", "--print-plan"], { cwd });
  expect(again.stdout).toBe(stdout);
  const beside = await attune(["compare", "--plan", "printed.yaml", "--print-plan", "--out", "x"], { cwd });
  expect([beside.code, beside.stderr]).toEqual([2, "attune: --out has no effect with --print-plan; leave it out\n"]);
});
