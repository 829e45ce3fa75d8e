/** Runs that are killed, stopped and resumed: they end with the bytes of a run that nothing happened to. */
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { randomKey, uint32 } from "../../src/base/random.ts";
import type { RunResult } from "../../src/run/run-result.ts";
import type { TrainEvent } from "../../src/run/train-events.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow, LEARNING, type Outcome, readJson, readLines, startAttune, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"), { layers: 2, dropout: 0.2 });
tinyData(join(cwd, "data"), { rows: 240 });

const STEPS_PER_EPOCH = 60;
const EPOCHS = 2;
const argsOf = (out: string, ...rest: readonly string[]): string[] => [
  ...["train", "--model", "model", "--data", "data", "--out", out, "--epochs", String(EPOCHS), ...LEARNING],
  ...rest,
];
/** Many checkpoints within each epoch. */
const OFTEN = ["--checkpoint-minutes", "0.0002"];
const resumeArgs = (out: string): string[] => ["train", "--resume", out];

/** What must not depend on what happened to a run: all but its times and its peak memory. */
function outcomeOf(out: string) {
  const { seconds, examplesPerSecond, memory, epochs, ...result } = readJson<RunResult>(cwd, out, "result.json");
  return {
    model: readFileSync(join(cwd, out, "model/model.safetensors")).toString("base64"),
    config: readFileSync(join(cwd, out, "model/config.json"), "utf8"),
    predictions: ["validation", "test"].map((split) =>
      readFileSync(join(cwd, out, `predictions/${split}.jsonl`), "utf8"),
    ),
    metrics: { ...result, epochs: epochs.map(({ seconds: _, ...epoch }) => epoch) },
  };
}

const statusOf = (out: string): string => readJson<{ status: string }>(cwd, out, "run.json").status;
const checkpointsOf = (out: string): string[] =>
  readdirSync(join(cwd, out, "checkpoints"))
    .filter((name) => name.startsWith("step-"))
    .sort();
/** Steps that events.jsonl has, in its order. */
const stepsOf = (out: string): number[] =>
  readLines<TrainEvent>(cwd, out, "events.jsonl").flatMap((event) => (event.type === "step" ? [event.step] : []));

/** Runs until `isTime` and sends a signal then. */
async function stopWhen(args: string[], signal: NodeJS.Signals, isTime: () => boolean): Promise<Outcome> {
  const { process: child, ended } = startAttune(args, { cwd });
  while (child.exitCode === null && !isTime()) await setTimeout(1);
  expect(child.exitCode, "the run was over before its time came").toBeNull();
  child.kill(signal);
  return ended;
}

/** Whether a run has logged a step; the last line of events.jsonl may be half written. */
function hasStep(out: string, step: number): boolean {
  const file = join(cwd, out, "events.jsonl");
  return existsSync(file) && readFileSync(file, "utf8").includes(`"type":"step","step":${step},`);
}

let undisturbed: ReturnType<typeof outcomeOf>;
beforeAll(async () => {
  await succeed(argsOf("undisturbed", ...OFTEN), { cwd });
  undisturbed = outcomeOf("undisturbed");
});

const everyStep = Array.from({ length: STEPS_PER_EPOCH * EPOCHS }, (_, i) => i + 1);

describe("a run that is killed", () => {
  test("at five moments, and resumed each time, ends with the same bytes", async () => {
    const key = randomKey(1, "sample", "kill");
    // One moment in each sixth of the run but the last; then some milliseconds, so that writing is hit as well.
    const sixth = everyStep.length / 6;
    const moments = [0, 1, 2, 3, 4].map((i) => i * sixth + 1 + (uint32(key, i) % sixth));
    for (const [i, step] of moments.entries()) {
      const args = i === 0 ? argsOf("killed", ...OFTEN) : resumeArgs("killed");
      let due: number | undefined;
      const { code } = await stopWhen(args, "SIGKILL", () => {
        if (hasStep("killed", step)) due ??= performance.now() + (uint32(key, 100 + i) % 10);
        return due !== undefined && performance.now() >= due;
      });
      expect(code).toBeUndefined();
      expect(statusOf("killed")).toBe("running");
    }
    // What a process leaves that is killed while it writes a checkpoint.
    mkdirSync(join(cwd, "killed/checkpoints/step-00000007-0.partial"));
    const { stderr } = await succeed(resumeArgs("killed"), { cwd });
    expect(stderr).toMatch(/^going on after step \d+$/m);
    expect(outcomeOf("killed")).toEqual(undisturbed);
    expect(stepsOf("killed")).toEqual(everyStep);
    expect(statusOf("killed")).toBe("done");
    expect(checkpointsOf("killed")).toHaveLength(2);
    expect(filesBelow(join(cwd, "killed")).filter((path) => path.includes(".partial"))).toEqual([]);
  });

  test.each([
    ["as soon as its folder is there", (out: string) => existsSync(join(cwd, out, "run.json"))],
    ["before its first checkpoint", (out: string) => hasStep(out, 2)],
  ])("%s begins anew", async (when, isTime) => {
    const out = when.replaceAll(" ", "-");
    await stopWhen(argsOf(out), "SIGKILL", () => isTime(out));
    expect(checkpointsOf(out)).toEqual([]);
    const { stderr } = await succeed(resumeArgs(out), { cwd });
    expect(stderr).not.toContain("going on after");
    expect(outcomeOf(out)).toEqual(undisturbed);
    expect(stepsOf(out)).toEqual(everyStep);
  });
});

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("a run that gets %s", (signal) => {
  const out = `stopped-by-${signal}`;

  test("stops after its step, keeps a checkpoint, and says how to go on", async () => {
    const { code, stdout, stderr } = await stopWhen(argsOf(out), signal, () => hasStep(out, 40));
    expect(code).toBe(130);
    expect(stdout).toBe("");
    expect(stderr).toContain("attune: stopping after this step; once more stops at once\n");
    const last = stderr.trimEnd().split("\n").at(-1)!;
    const step = Number(/^attune: stopped after step (\d+); go on with: attune train --resume (\S+)$/.exec(last)?.[1]);
    expect(last.endsWith(` ${out}`)).toBe(true);
    expect(step).toBe(stepsOf(out).at(-1));
    expect(checkpointsOf(out).at(-1)).toMatch(new RegExp(`^step-0+${step}-[01]$`));
    expect(statusOf(out)).toBe("interrupted");
    expect(existsSync(join(cwd, out, "model"))).toBe(false);
  });

  test("goes on where it stopped, and ends with the same bytes", async () => {
    const { stderr } = await succeed(resumeArgs(out), { cwd });
    expect(stderr).toMatch(/^going on after step \d+$/m);
    expect(outcomeOf(out)).toEqual(undisturbed);
    expect(stepsOf(out)).toEqual(everyStep);
  });
});

describe("a run cannot go on", () => {
  test("when it is finished", async () => {
    const before = readFileSync(join(cwd, "undisturbed/run.json"), "utf8");
    const { code, stderr } = await attune(resumeArgs("undisturbed"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toBe("attune: undisturbed: this run is finished; its results are in result.json\n");
    expect(readFileSync(join(cwd, "undisturbed/run.json"), "utf8")).toBe(before);
  });

  test("when its data or its model changed, and stays as it was", async () => {
    const [model, data] = [join(cwd, "other-model"), join(cwd, "other-data")];
    cpSync(join(cwd, "model"), model, { recursive: true });
    cpSync(join(cwd, "data"), data, { recursive: true });
    const args = ["train", "--model", "other-model", "--data", "other-data", "--out", "changed", ...LEARNING];
    await stopWhen(args, "SIGINT", () => hasStep("changed", 20));
    const files = filesBelow(join(cwd, "changed"));

    appendFileSync(join(data, "test.csv"), "good,positive\n");
    const changedData = await attune(resumeArgs("changed"), { cwd });
    expect(changedData.code).toBe(2);
    expect(changedData.stderr).toBe(
      "attune: changed: the data in other-data changed since this run began; train anew\n",
    );

    cpSync(join(cwd, "data"), data, { recursive: true });
    tinyModel(model, { layers: 2, hidden: 16 });
    const changedModel = await attune(resumeArgs("changed"), { cwd });
    expect(changedModel.code).toBe(2);
    expect(changedModel.stderr).toBe(
      "attune: changed: the model in other-model changed since this run began; train anew\n",
    );
    expect(filesBelow(join(cwd, "changed"))).toEqual(files);
    expect(statusOf("changed")).toBe("interrupted");
  });
});

describe("one process at a time works on a run", () => {
  test("a second one says so and changes nothing; the first goes on", async () => {
    const first = startAttune(argsOf("alone"), { cwd });
    while (!hasStep("alone", 2)) await setTimeout(1);
    first.process.kill("SIGSTOP"); // So that it is not over before the second one is there.
    const { code, stderr } = await attune(resumeArgs("alone"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toBe(`attune: alone: process ${first.process.pid} works in this folder; wait for it, or stop it\n`);
    first.process.kill("SIGCONT");
    expect((await first.ended).code).toBe(0);
    expect(outcomeOf("alone")).toEqual(undisturbed);
    expect(filesBelow(join(cwd, "alone"))).not.toContain("lock.json");
  });

  test("of several that resume a killed run at once, one does", async () => {
    await stopWhen(argsOf("raced"), "SIGKILL", () => hasStep("raced", 20));
    expect(filesBelow(join(cwd, "raced"))).toContain("lock.json");
    const outcomes = await Promise.all([1, 2, 3].map(() => attune(resumeArgs("raced"), { cwd })));
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 2, 2]);
    const said = outcomes.flatMap(({ code, stderr }) => (code === 2 ? [stderr] : []));
    for (const line of said) expect(line).toMatch(/works in this folder|this run is finished/);
    expect(outcomeOf("raced")).toEqual(undisturbed);
  });
});

test("a run that began in another folder goes on, with the paths it was given", async () => {
  await stopWhen(argsOf("elsewhere"), "SIGINT", () => hasStep("elsewhere", 20));
  const other = join(cwd, "other-folder");
  mkdirSync(other);
  await succeed(resumeArgs(join("..", "elsewhere")), { cwd: other });
  expect(outcomeOf("elsewhere")).toEqual(undisturbed);
});

test("what a run was given and is nowhere now is named", async () => {
  await stopWhen(argsOf("lost"), "SIGINT", () => hasStep("lost", 20));
  const file = join(cwd, "lost/run.json");
  const facts = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...facts, workingFolder: join(cwd, "gone") }));
  const other = join(cwd, "third-folder");
  mkdirSync(other);
  const { code, stderr } = await attune(resumeArgs(join("..", "lost")), { cwd: other });
  expect(code).toBe(2);
  expect(stderr).toBe(`attune: ../lost: the model model is neither in ${join(cwd, "gone")} nor here; put it back\n`);
});

describe("of two runs", () => {
  test.each([
    ["1", OFTEN],
    ["2", []],
  ])("with one seed, every byte is the same, with %s threads as with any", async (threads, options) => {
    await succeed(argsOf(`threads-${threads}`, "--seed", "42", "--threads", threads, ...options), { cwd });
    expect(outcomeOf(`threads-${threads}`)).toEqual(undisturbed);
  });

  test("with different seeds, they are not", async () => {
    await succeed(argsOf("other-seed", "--seed", "43"), { cwd });
    expect(outcomeOf("other-seed").model).not.toBe(undisturbed.model);
  });
});
