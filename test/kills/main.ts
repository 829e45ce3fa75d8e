/**
 * `npm run kills -- [kills] [faults] [seed]`: kills Attune at random moments, and fails single calls on files, over train,
 * compare, pretrain, export and report. Whatever happens, going on ends with the bytes of a run that nothing happened to.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomKey, uint32 } from "../../src/base/random.ts";
import { LEARNING } from "../e2e/attune.ts";
import { tinyData, tinyModel } from "../tiny.ts";

const [kills = 200, faults = 100, seed = 1] = process.argv.slice(2).map(Number);
const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const ERRORS = { EIO: 5, EMFILE: 24, ENOSPC: 28, EROFS: 30 } as const;
/** So long nothing of this may take. */
const STUCK_MILLISECONDS = 120_000;
/** After so many the work is left alone, so that each attempt ends. */
const MOST_IN_A_ROW = 4;

const cwd = mkdtempSync(join(tmpdir(), "attune-kills-"));
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"), { rows: 96 });
writeFileSync(join(cwd, "text.txt"), `${"the happy cat is running. a bad dog was very unhappy. ".repeat(40)}\n`);

const OFTEN = ["--checkpoint-minutes", "0.0002"];
const common = ["--model", "model", "--data", "data", "--epochs", "2", ...LEARNING, ...OFTEN];
interface Job {
  readonly begin: (out: string) => string[];
  readonly goOn: (out: string) => string[];
  /** Files whose bytes count. */
  readonly counts: RegExp;
}
const again =
  (name: string, begin: Job["begin"]): Job["goOn"] =>
  (out) =>
    existsSync(join(cwd, out, "run.json")) ? [name, "--resume", out] : begin(out);
const train = (out: string) => ["train", ...common, "--out", out];
const pretrain = (out: string) => [
  "pretrain",
  "--data",
  "text.txt",
  "--from",
  "model",
  "--out",
  out,
  "--epochs",
  "3",
  ...OFTEN,
];
const compare = (out: string) => [
  ...["compare", ...common, "--methods", "bitfit,probe", "--seeds", "1", "--no-estimate", "--quiet", "--out", out],
];
const exported = (out: string) => ["export", "finished", "--format", "onnx", "--out", out];
// Of the study that the job before it made.
const reported = (out: string) => ["report", "whole-compare", "--quiet", "--out", out];
const jobs: Readonly<Record<string, Job>> = {
  train: { begin: train, goOn: again("train", train), counts: /^(model|predictions)\// },
  pretrain: { begin: pretrain, goOn: again("pretrain", pretrain), counts: /^model\// },
  compare: { begin: compare, goOn: compare, counts: /^runs\/[^/]+\/(adapter|model|predictions)\// },
  report: { begin: reported, goOn: reported, counts: /^(report\/|report\.|results\.csv$|epochs\.csv$)/ },
  export: { begin: exported, goOn: exported, counts: /^(onnx\/|config\.json$|tokenizer)/ },
};

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs a command; kills it after so many milliseconds. */
function run(args: readonly string[], killAfter = STUCK_MILLISECONDS, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
    const timer = setTimeout(() => child.kill("SIGKILL"), killAfter);
    let stderr = "";
    child.stdout.resume();
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("close", (code) => {
      clearTimeout(timer);
      settle({ code, stderr });
    });
  });
}

function bytesOf(out: string, { counts }: Job): string {
  const hash = createHash("sha256");
  const files = (readdirSync(join(cwd, out), { recursive: true, withFileTypes: true }) ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(cwd, out).length + 1))
    .filter((path) => counts.test(path))
    .sort();
  for (const path of files) hash.update(`${path}\n`).update(readFileSync(join(cwd, out, path)));
  return `${files.length} files, ${hash.digest("hex")}`;
}

/** The shim, where there is a C compiler. */
function buildShim(): string | undefined {
  const library = join(cwd, "faults.so");
  const source = fileURLToPath(new URL("faults.c", import.meta.url));
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
  return status === 0 ? library : undefined;
}

const key = randomKey(seed, "sample", "kills");
let drawn = 0;
const draw = (below: number): number => uint32(key, drawn++) % below;
let problems = 0;
function report(problem: string): void {
  problems++;
  process.stdout.write(`${problem}\n`);
}
const counted = { kills: 0, faults: 0 };

await run(train("finished"));
const wanted: Record<string, { bytes: string; milliseconds: number }> = {};
for (const [name, job] of Object.entries(jobs)) {
  const started = performance.now();
  const { code, stderr } = await run(job.begin(`whole-${name}`));
  if (code !== 0) throw new Error(`${name}: ${stderr}`);
  wanted[name] = { bytes: bytesOf(`whole-${name}`, job), milliseconds: performance.now() - started };
}
const shim = buildShim();
if (!shim) process.stdout.write("there is no C compiler (cc): faults of single calls are left out\n");

const names = Object.keys(jobs);
for (let attempt = 0; counted.kills < kills || (shim && counted.faults < faults); attempt++) {
  const name = names[attempt % names.length]!;
  const job = jobs[name]!;
  const out = `${name}-${attempt}`;
  const isFault = shim !== undefined && (counted.kills >= kills || (attempt % 3 === 2 && counted.faults < faults));
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const args = i === 0 ? job.begin(out) : job.goOn(out);
    const log = join(cwd, "fault.log");
    rmSync(log, { force: true });
    const [error, number] = Object.entries(ERRORS)[draw(4)]!;
    const faulty = { LD_PRELOAD: shim, FAULT_UNDER: join(cwd, out), FAULT_AT: String(1 + draw(150)), FAULT_LOG: log };
    const { code, stderr } = isFault
      ? await run(args, undefined, { ...faulty, FAULT_ERRNO: String(number) })
      : await run(args, draw(Math.ceil(wanted[name]!.milliseconds)));
    if (isFault && existsSync(log)) counted.faults++;
    else if (!isFault && code === null) counted.kills++;
    if (stderr.includes("fault in Attune")) report(`${out} (${error}): ${stderr.trim()}`);
    if (code === 0) break;
  }
  const isWhole = () => existsSync(join(cwd, out)) && bytesOf(out, job) === wanted[name]!.bytes;
  if (!isWhole()) {
    const { code, stderr } = await run(job.goOn(out));
    if (code !== 0 && !isWhole()) report(`${out}: stuck: ${stderr.trim()}`);
    else if (!isWhole()) report(`${out}: other bytes`);
  }
  rmSync(join(cwd, out), { recursive: true, force: true });
}
rmSync(cwd, { recursive: true, force: true });
process.stdout.write(`${counted.kills} kills, ${counted.faults} faults, ${problems} problems\n`);
process.exitCode = problems > 0 ? 1 : 0;
