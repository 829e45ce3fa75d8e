/**
 * A study on a queue, with a real Redis or Valkey: workers that are too small, killed and asked to end, and the bytes of a study
 * that nothing happened to. Skipped where neither redis-server nor valkey-server is installed. `npm run faults` does worse.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { queueStatus } from "../../src/machines/queue-status.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { FailedRun, Study } from "../../src/study/study.ts";
import { BUCKET, hasS3, redisProgram, type Server, s3Environment, startRedis, startS3 } from "../machines/servers.ts";
import { studyOutcome } from "../machines/study-outcome.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, type Outcome, readJson, startAttune, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({ redis: "" });
const redisFolder = scratchFolder().folder({});
tinyModel(join(cwd, "model"), { layers: 2, dropout: 0.2 });
tinyData(join(cwd, "data"), { rows: 120 });

/** Seconds until a worker that is not heard of has lost its runs. */
const LEASE = "3";
const LONG = "own-full-s42";
const study = (out: string, ...more: string[]) => [
  ...[
    "compare",
    "--model",
    "model",
    "--data",
    "data",
    "--recipe",
    "own",
    "--methods",
    "none,full,lora",
    "--ranks",
    "2",
  ],
  ...["--epochs", "6", "--batch-size", "4", "--learning-rate", "5e-3", "--checkpoint-minutes", "0.0002"],
  ...["--bits", "same", "--no-estimate", "--out", out, ...more],
];

/** A command that goes on beside the test; `ended` comes with all that it said. */
function begin(args: readonly string[]) {
  const { process: child, ended } = startAttune(args, { cwd });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const says = async (pattern: RegExp) => {
    while (!pattern.test(said)) {
      if (child.exitCode !== null) throw new Error(`${args.join(" ")} ended with ${child.exitCode}: ${said}`);
      await setTimeout(20);
    }
  };
  return { child, ended, says };
}

const children: ChildProcess[] = [];
let redis: Server;
const address = () => `redis://127.0.0.1:${redis.port}`;

function worker(name: string, ...more: string[]) {
  const options = ["--work", `work-${name}`, "--name", name, "--lease-seconds", LEASE, ...more];
  const started = begin(["worker", "--queue", address(), ...options]);
  children.push(started.child);
  return started;
}

describe.skipIf(redisProgram === undefined)("a study on a queue", () => {
  let undisturbed: ReturnType<typeof studyOutcome>;
  beforeAll(async () => {
    redis = await startRedis(redisFolder);
    await succeed(study("local", "--quiet"), { cwd });
    undisturbed = studyOutcome(join(cwd, "local"));
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await redis.stop();
  });

  /** Where the first checkpoint of the long run is to be. */
  const isKept = () => {
    const studies = join(cwd, "store/studies");
    return (
      existsSync(studies) &&
      readdirSync(studies).some((id) => existsSync(join(studies, id, "runs", LONG, "checkpoint.json")))
    );
  };

  test("ends with the same bytes, whatever became of its workers", async () => {
    const following = begin(study("queued", "--queue", address(), "--store", "store"));
    const small = worker("small", "--memory", "0.1");
    await following.says(
      /^small gives own-\S+ back: own-\S+ needs about \d+ MB of memory, and this worker has 100 MB/m,
    );
    small.child.kill("SIGTERM");
    expect(await small.ended).toMatchObject({ code: 0 });

    const killed = worker("killed");
    while (!isKept()) await setTimeout(5);
    killed.child.kill("SIGKILL");
    const asked = worker("asked");
    await asked.says(new RegExp(`^${LONG}: goes on$`, "m"));
    asked.child.kill("SIGTERM");
    const { code, stderr } = await asked.ended;
    expect(code).toBe(0);
    const last = worker("last");
    expect(await following.ended).toMatchObject({ code: 0 });
    last.child.kill("SIGTERM");
    await last.ended;

    expect(studyOutcome(join(cwd, "queued"))).toEqual(undisturbed);
    const { command: _, began: __, ...queued } = readJson<Study>(cwd, "queued/study.json");
    const { command: ___, began: ____, ...local } = readJson<Study>(cwd, "local/study.json");
    expect(queued).toEqual(local);
    // It may have come to its end in the moment in which it was asked to stop.
    if (stderr.includes("its checkpoint is in the store")) {
      const { workers } = readJson<{ workers: unknown }>(cwd, `queued/runs/${LONG}/run.json`);
      expect(workers).toEqual(["killed", "asked", "last"].map((name) => ({ name, atOnce: 1 })));
    }
    expect(readdirSync(join(cwd, "work-last/runs"))).toEqual([]);
  });

  test("that is paused waits, and does a run that cannot be done once and says why", async () => {
    const plan = "{ model: model, data: data, recipe: own, runs: [{ method: lora, rank: 2, layers: [[7]] }] }";
    writeFileSync(join(cwd, "failing.yaml"), plan);
    const places = ["--out", "refused", "--queue", address(), "--store", "store"];
    await succeed(["queue", "pause", "--queue", address()]);
    const following = begin(["compare", "--plan", "failing.yaml", ...places]);
    const only = worker("only");
    await only.says(/^takes runs from/m);
    while ((await queueStatus(address())).counts.waiting === 0) await setTimeout(100);
    await setTimeout(500); // In which it would have been taken.
    expect(await queueStatus(address())).toEqual({
      isPaused: true,
      counts: { waiting: 1, active: 0, delayed: 0, failed: 0 },
      active: [],
      workers: ["only"],
    });
    const { stdout } = await succeed(["queue", "resume", "--queue", address()]);
    expect(stdout).toContain(`${address()}: `);
    const { code, stderr } = await following.ended;
    only.child.kill("SIGTERM");
    const said = (await only.ended).stderr;
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 1 runs failed \(own-lora-r2-s42: there is no layer 7/);
    expect(said.match(/own-lora-r2-s42: begins/g)).toHaveLength(1);
    expect(readJson<FailedRun>(cwd, "refused/failed/own-lora-r2-s42.json").reason).toContain("layers 0 to 1");
  });

  test("predicts files by a pattern as one file is predicted, names those that cannot be, and does none twice", async () => {
    const s3 = hasS3 ? await startS3() : undefined;
    const env: Record<string, string> = s3 ? s3Environment(s3.port) : {};
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const place = s3 ? `s3://${BUCKET}/parts` : join(cwd, "parts");
    const store = await openStore(place);
    const test = readFileSync(join(cwd, "data/test.csv"), "utf8").split("\n");
    const part = (from: number, to: number) => [test[0], ...test.slice(from, to)].join("\n");
    const parts = { "part-1.csv": part(1, 4), "part-2.csv": part(4, 9), "part-3.csv": "nothing\n1" };
    for (const [name, text] of Object.entries(parts)) await store.put(name, { text });

    const run = `local/runs/${LONG}`;
    const predict = ["predict", run, "--data", `${place}/part-*.csv`, "--top", "2"];
    const queued = [...predict, "--queue", address(), "--store", s3 ? `s3://${BUCKET}/store` : "store-3"];
    const only = worker("predicting");
    const first = await attune(queued, { cwd });
    expect(first.code).toBe(1);
    expect(first.stdout.trim().split("\n").sort()).toEqual([1, 2].map((i) => `${place}/part-${i}.predictions.csv`));
    expect(first.stderr).toMatch(/1 of 3 files failed \(\S+part-3\.csv: /);
    for (const name of ["part-1", "part-2"]) {
      writeFileSync(join(cwd, `${name}.csv`), parts[`${name}.csv` as keyof typeof parts]);
      const out = `${name}-alone.csv`;
      await succeed(["predict", run, "--data", `${name}.csv`, "--top", "2", "--bits", "same", "--out", out], { cwd });
      expect(await store.get(`${name}.predictions.csv`)).toBe(readFileSync(join(cwd, out), "utf8"));
    }
    only.child.kill("SIGTERM");
    await only.ended;

    // Without a queue and its workers: only what is missing.
    await store.put("part-3.csv", { text: part(9, 12) });
    await store.put("part-1.predictions.csv", { text: "kept" });
    const second = await succeed(predict, { cwd });
    expect(second.stderr).toContain("2 of 3 files have their results already");
    expect((await store.get("part-3.predictions.csv"))!.split("\n")).toHaveLength(5);
    expect(await store.get("part-1.predictions.csv")).toBe("kept");
    vi.unstubAllEnvs();
    await s3?.stop("SIGKILL");
  });

  test("that is stopped takes its runs off the queue, and goes on later", async () => {
    const first = begin(study("stopped", "--queue", address(), "--store", "store", "--methods", "full,lora"));
    const only = worker("only");
    await first.says(/^own-full-s42: begins/m);
    first.child.kill("SIGINT");
    const { code, stderr }: Outcome = await first.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("go on with: attune compare --resume stopped");
    await succeed(["compare", "--resume", "stopped", "--queue", address(), "--quiet"], { cwd });
    only.child.kill("SIGTERM");
    await only.ended;
    expect(studyOutcome(join(cwd, "stopped"))).toEqual(undisturbed.filter(({ name }) => name !== "own-none-s42"));
  });
});

test("runs by number, without a queue, are the same", async () => {
  await succeed(study("local-2", "--quiet", "--methods", "none,lora"), { cwd });
  await succeed(study("numbered", "--methods", "none,lora", "--store", "store-2", "--share-only", "--quiet"), { cwd });
  const numbered = (...args: string[]) => ["run-planned", "numbered", "--work", "work-numbered", ...args];
  const [first, second] = await Promise.all([
    succeed(numbered("--index", "0"), { cwd }),
    succeed(numbered(), { cwd, env: { SLURM_ARRAY_TASK_ID: "1" } }),
  ]);
  expect([first.stdout, second.stdout]).toEqual(["own-none-s42\n", "own-lora-r2-s42\n"]);
  const none = await attune(numbered("--index", "2"), { cwd });
  expect(none).toMatchObject({
    code: 2,
    stderr: "attune: numbered: there is no run 2; this study has the runs 0 to 1\n",
  });
  // All are published, so there is nothing to time.
  const { stderr } = await succeed(["compare", "--resume", "numbered"], { cwd });
  expect(stderr).not.toContain("timing each kind of run");
  expect(studyOutcome(join(cwd, "numbered"))).toEqual(studyOutcome(join(cwd, "local-2")));
});
