/**
 * `npm run faults -- [runs] [kills] [seed]`: a study on a queue while workers and their children are killed at random, Redis is
 * restarted twice and unreachable once, the store answers 500 and cuts uploads, one worker's disk is full and one's clock is an
 * hour off. Every run must be published exactly once, with the bytes of a study that nothing happened to, and the report must say
 * the same. The kills are spread over the study: none comes before the runs that are done have caught up with the kills.
 *
 * Redis must be installed. The store is S3 where ATTUNE_PYTHON names a Python with moto, and else a folder, without its faults.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { randomKey, uint32 } from "../../src/base/random.ts";
import { openStore } from "../../src/store/open-store.ts";
import { commandLine, readJson, start } from "../e2e/attune.ts";
import { BUCKET, hasS3, redisProgram, s3Environment, startRedis, startS3 } from "../machines/servers.ts";
import { reportFigures, studyOutcome } from "../machines/study-outcome.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { faultyProxy, gate } from "./proxies.ts";

const [runs = 30, kills = 60, seed = 1] = process.argv.slice(2).map(Number);
const WORKERS = ["one", "two", "off"];
/** A study that takes longer is stuck. */
const STUCK_SECONDS = 3600;
const UNREACHABLE_SECONDS = 20;
const HOUR_SECONDS = 3600;
/** So many runs' share of the kills comes before the runs are done. */
const KILLS_AHEAD = 2;

if (redisProgram === undefined) throw new Error("neither redis-server nor valkey-server is installed");
const cwd = mkdtempSync(join(tmpdir(), "attune-faults-"));
tinyModel(join(cwd, "model"), { layers: 2, dropout: 0.2 });
tinyData(join(cwd, "data"), { rows: 60 });
mkdirSync(join(cwd, "redis"));
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Numbers from 0 on, always the same ones for a purpose. */
function drawer(purpose: string): (below: number) => number {
  const key = randomKey(seed, "sample", "faults", purpose);
  let drawn = 0;
  return (below) => uint32(key, drawn++) % below;
}
const draw = drawer("kills");

/** Three settings for as many seeds as are needed. */
const seeds = Math.ceil(runs / 3);
const plan = (out: string, ...more: string[]) => [
  ...[
    "compare",
    "--model",
    "model",
    "--data",
    "data",
    "--recipe",
    "own",
    "--methods",
    "full,bitfit,lora",
    "--ranks",
    "2",
  ],
  ...["--epochs", "2", "--batch-size", "4", "--learning-rate", "5e-3", "--checkpoint-minutes", "0.002"],
  ...["--seeds", String(seeds), "--bits", "same", "--no-estimate", "--out", out, ...more],
];
const local = await start(process.execPath, [commandLine, ...plan("local", "--quiet")], { cwd }).ended;
if (local.code !== 0) throw new Error(local.stderr);
say(`the study by itself: ${seeds * 3} runs`);

let redis = await startRedis(join(cwd, "redis"));
const redisGate = await gate(redis.port);
const s3 = hasS3 ? await startS3() : undefined;
const proxy = s3 && (await faultyProxy(s3.port, drawer("store")));
if (!s3)
  say("no S3 here (ATTUNE_PYTHON names no Python with moto): the store is a folder, and its faults are left out");
const address = s3 ? `s3://${BUCKET}/faults` : join(cwd, "store");
const queue = `redis://127.0.0.1:${redisGate.port}`;
const environment = { ...process.env, ...(proxy && s3Environment(proxy.port)) };

const counted = { workers: 0, children: 0, restarts: 0, fullDisks: 0 };
const workers = new Map<string, ChildProcess>();
let isOver = false;

/** The clock of one worker is an hour ahead, where there is a C compiler to make it so. */
const clock = join(cwd, "clock.so");
const hasClock =
  spawnSync("cc", ["-shared", "-fPIC", "-o", clock, fileURLToPath(new URL("clock.c", import.meta.url)), "-ldl"])
    .status === 0;
if (!hasClock) say("no C compiler (cc): every clock is right");

function keepWorking(name: string): void {
  const offset = name === "off" && hasClock ? { LD_PRELOAD: clock, CLOCK_OFFSET: String(HOUR_SECONDS) } : {};
  const args = ["worker", "--queue", queue, "--work", `work-${name}`, "--name", name, "--lease-seconds", "4"];
  const child = spawn(process.execPath, [commandLine, ...args], {
    cwd,
    env: { ...environment, ...offset },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (text.includes("fault in Attune")) say(`${name}: ${text}`);
  });
  workers.set(name, child);
  child.once("exit", () => isOver || keepWorking(name));
}

/** Processes of runs that a worker has under way. */
const childrenOf = (worker: ChildProcess): number[] =>
  readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);

/** A child where there is one, in half of the cases; else a worker. */
function killOne(): void {
  try {
    const children = [...workers.values()].flatMap(childrenOf);
    if (draw(2) === 0 && children.length > 0) {
      process.kill(children[draw(children.length)]!, "SIGKILL");
      counted.children++;
    } else if (workers.get(WORKERS[draw(WORKERS.length)]!)!.kill("SIGKILL")) counted.workers++;
  } catch {
    // It has just ended by itself.
  }
}

/** Runs that the study has by now. */
const countDone = (): number => {
  const folder = join(cwd, "queued/runs");
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".partial")).length : 0;
};

const disk = join(cwd, "disk");
/** A worker whose disk is a few pages: every run that it takes goes back. */
function fullWorker(): ChildProcess | undefined {
  mkdirSync(disk);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status !== 0) {
    say("a small disk cannot be mounted here: no worker's disk is full");
    return undefined;
  }
  const args = ["worker", "--queue", queue, "--work", disk, "--name", "full", "--lease-seconds", "4"];
  const child = spawn(process.execPath, [commandLine, ...args], {
    cwd,
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    counted.fullDisks += text.match(/failed on this machine: .*no space left/g)?.length ?? 0;
  });
  return child;
}

for (const name of WORKERS) keepWorking(name);
const full = fullWorker();
const followed = start(process.execPath, [commandLine, ...plan("queued", "--queue", queue, "--store", address)], {
  cwd,
  env: environment as Record<string, string>,
});
let ended: Awaited<typeof followed.ended> | undefined;
void followed.ended.then((outcome) => {
  ended = outcome;
});

const started = performance.now();
for (let done = 0; !ended && performance.now() - started < 1000 * STUCK_SECONDS; ) {
  await setTimeout(300 + draw(1000));
  if (counted.workers + counted.children < Math.min(kills, ((countDone() + KILLS_AHEAD) * kills) / runs)) killOne();
  const third = Math.floor((3 * (counted.workers + counted.children)) / kills);
  if (third <= done) continue;
  done = third;
  if (done === 3) {
    redisGate.close();
    await setTimeout(1000 * UNREACHABLE_SECONDS);
    await redisGate.open();
  } else {
    await redis.stop("SIGKILL");
    redis = await startRedis(join(cwd, "redis"), redis.port);
    counted.restarts++;
  }
}

const problems: string[] = [];
if (ended?.code !== 0) problems.push(`the study ended with ${ended?.code}: ${ended?.stderr.slice(-2000)}`);
if (counted.workers + counted.children < kills)
  problems.push(`it was over after ${counted.workers + counted.children} kills`);
isOver = true;
for (const child of [...workers.values(), full]) child?.kill("SIGKILL");
if (s3) Object.assign(process.env, s3Environment(s3.port));
const { study } = existsSync(join(cwd, "queued/store.json"))
  ? readJson<{ study: string }>(cwd, "queued/store.json")
  : { study: "" };
const published = (await (await openStore(address)).list(`studies/${study}/runs/`)).filter((one) =>
  one.endsWith("/published.json"),
);
if (published.length !== seeds * 3) problems.push(`${published.length} runs are published`);
const [wanted, found] = ["local", "queued"].map((out) => studyOutcome(join(cwd, out)));
for (const run of wanted!)
  if (
    !isDeepStrictEqual(
      found!.find(({ name }) => name === run.name),
      run,
    )
  )
    problems.push(`${run.name} is another`);
if (ended?.code === 0 && !isDeepStrictEqual(reportFigures(join(cwd, "queued")), reportFigures(join(cwd, "local"))))
  problems.push("the report has other figures");
for (const [path, times] of proxy?.counted.published ?? [])
  if (times > 1) problems.push(`${path} was put ${times} times`);
for (const problem of problems) say(problem);
say(
  `${published.length} runs published once; ${counted.workers} workers and ${counted.children} children killed, Redis restarted ${counted.restarts} times and unreachable for ${UNREACHABLE_SECONDS} s, ` +
    `${proxy ? `of ${proxy.counted.requests} requests to S3 ${proxy.counted.refused} refused and ${proxy.counted.cut} uploads cut, ` : ""}${counted.fullDisks} runs given back by a full disk, ` +
    `${hasClock ? "one clock an hour ahead, " : ""}${Math.round((performance.now() - started) / 1000)} s; ${problems.length} problems`,
);
if (full) spawnSync("umount", [disk]);
redisGate.close();
await redis.stop("SIGKILL");
await s3?.stop("SIGKILL");
rmSync(cwd, { recursive: true, force: true });
process.exit(problems.length > 0 ? 1 : 0);
