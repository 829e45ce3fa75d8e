/**
 * `npm run two-hosts`: a study by two hosts that have no folder in common, only Redis and S3 over the network. A host is a network
 * namespace with a cable of its own, in which the other one's folder is not there and the program can only be read. One host has
 * model and data, follows the study and works on it; the other one works, and its cable is cut for a while. The study must be that
 * of one machine.
 *
 * It needs Linux, root, `ip` and `unshare`, Redis, and moto in the Python that ATTUNE_PYTHON names; without them it says so.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { commandLine, filesBelow, readJson, repository, start } from "../e2e/attune.ts";
import { BUCKET, hasS3, redisProgram, s3Environment, startRedis, startS3 } from "../machines/servers.ts";
import { reportFigures, studyOutcome } from "../machines/study-outcome.ts";
import { tinyData, tinyModel } from "../tiny.ts";

const HOSTS = ["one", "two"] as const;
type Host = (typeof HOSTS)[number];
/** Of Redis and S3. */
const SERVICES = { host: "10.213.0.1", password: "not-to-be-written-down" };
const LEASE_SECONDS = 4;
/** Longer than a lease. */
const CUT_SECONDS = 12;

const say = (line: string) => process.stdout.write(`${line}\n`);
const ip = (args: string): boolean => spawnSync("ip", args.split(" ")).status === 0;
const nameOf = (host: Host) => `attune-${host}`;

function unmet(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "it needs root on Linux";
  if (redisProgram === undefined) return "neither redis-server nor valkey-server is installed";
  if (!hasS3) return "ATTUNE_PYTHON names no Python with moto";
  if (spawnSync("unshare", ["-m", "true"]).status !== 0 || !ip("netns list")) return "no namespaces can be made here";
  return undefined;
}

const problem = unmet();
if (problem !== undefined) {
  say(`skipped: ${problem}`);
  process.exit(0);
}

const root = mkdtempSync(join(tmpdir(), "attune-hosts-"));
for (const host of HOSTS)
  for (const folder of ["home", "tmp"]) mkdirSync(join(root, host, folder), { recursive: true });
mkdirSync(join(root, "redis"));
const first = join(root, "one");
tinyModel(join(first, "model"), { layers: 2, dropout: 0.2 });
tinyData(join(first, "data"), { rows: 60 });

const plan = (out: string, ...more: string[]) => [
  ..."compare --model model --data data --recipe own --methods none,full,bitfit,lora --ranks 2 --seeds 2".split(" "),
  ..."--epochs 4 --batch-size 4 --learning-rate 5e-3 --checkpoint-minutes 0.002 --no-estimate --bits same".split(" "),
  ...["--out", out, ...more],
];

/** A command on a host: with its own folder at /mnt, without the other one's, and with a program that it cannot change. */
function on(host: Host, ...args: string[]) {
  const own = 'mount --bind "$1" /mnt && mount -t tmpfs tmpfs "$2" && mount -t tmpfs tmpfs /dev/shm';
  const program = 'mount --bind "$3" "$3" && mount -o remount,ro,bind "$3"';
  const script = `${own} && ${program} && cd /mnt && shift 3 && exec "$@"`;
  const inside = ["unshare", "-m", "sh", "-c", script, "sh", join(root, host), root, repository, ...args];
  return start("ip", ["netns", "exec", nameOf(host), ...inside], {
    env: {
      ...s3Environment(s3.port, SERVICES.host),
      HOME: "/mnt/home",
      TMPDIR: "/mnt/tmp",
      XDG_CACHE_HOME: "/mnt/home",
    },
  });
}
const attuneOn = (host: Host, ...args: string[]) => on(host, process.execPath, commandLine, ...args);

function lay(): void {
  ip(`addr add ${SERVICES.host}/32 dev lo`);
  for (const [i, host] of HOSTS.entries()) {
    const [name, net] = [nameOf(host), `10.213.${i + 1}`];
    const done = [
      `netns add ${name}`,
      `link add ${name} type veth peer name eth0 netns ${name}`,
      `addr add ${net}.1/24 dev ${name}`,
      `link set ${name} up`,
      `-n ${name} link set lo up`,
      `-n ${name} addr add ${net}.2/24 dev eth0`,
      `-n ${name} link set eth0 up`,
      `-n ${name} route add default via ${net}.1`,
    ].every(ip);
    if (!done) throw new Error(`the network of ${name} cannot be made`);
  }
}

function tidy(): void {
  for (const host of HOSTS) ip(`netns del ${nameOf(host)}`);
  ip(`addr del ${SERVICES.host}/32 dev lo`);
  rmSync(root, { recursive: true, force: true });
}

lay();
const redis = await startRedis(join(root, "redis"), undefined, SERVICES);
const s3 = await startS3(SERVICES.host);
const queue = `redis://:${SERVICES.password}@${SERVICES.host}:${redis.port}`;
const problems: string[] = [];
const children: ChildProcess[] = [];
const said = new Map<Host, string>();
try {
  const local = await attuneOn("one", ...plan("local", "--quiet")).ended;
  if (local.code !== 0) throw new Error(local.stderr);
  const seen = await on("two", "sh", "-c", `ls ${root}; ls /mnt; touch ${repository}/x 2>&1 || true`).ended;
  if (!/^home\ntmp\n.*Read-only/s.test(seen.stdout)) problems.push(`the other host sees too much: ${seen.stdout}`);

  for (const host of HOSTS) {
    const worker = attuneOn(host, "worker", "--queue", queue, "--name", host, "--lease-seconds", String(LEASE_SECONDS));
    children.push(worker.process);
    worker.process.stderr!.on("data", (text) => said.set(host, (said.get(host) ?? "") + text));
  }
  const started = performance.now();
  const store = `s3://${BUCKET}/hosts`;
  const followed = attuneOn("one", ...plan("queued", "--queue", queue, "--store", store));
  children.push(followed.process);
  let isOver = false;
  void followed.ended.then(() => {
    isOver = true;
  });
  while (!isOver && !/-(full|bitfit|lora)\S+: begins$/m.test(said.get("two") ?? "")) await setTimeout(50);
  ip(`link set ${nameOf("two")} down`);
  await setTimeout(1000 * CUT_SECONDS);
  ip(`link set ${nameOf("two")} up`);
  const { code, stderr } = await followed.ended;
  const seconds = Math.round((performance.now() - started) / 1000);
  if (code !== 0) problems.push(`the study ended with ${code}: ${stderr.slice(-2000)}`);

  const [wanted, found] = ["local", "queued"].map((out) => studyOutcome(join(first, out)));
  for (const [i, run] of wanted!.entries())
    if (!isDeepStrictEqual(found![i], run)) problems.push(`${run.name} is another`);
  if (!isDeepStrictEqual(...(["queued", "local"].map((out) => reportFigures(join(first, out))) as [unknown, unknown])))
    problems.push("the report has other figures");
  const runs = join(first, "queued/runs");
  const workers = readdirSync(runs).map((name) =>
    readJson<{ workers: readonly { name: string }[] }>(runs, name, "run.json").workers.map((worker) => worker.name),
  );
  const doneBy = (host: Host) => workers.filter((names) => names.at(-1) === host).length;
  for (const host of HOSTS) if (doneBy(host) === 0) problems.push(`host ${host} did no run`);
  const lost = stderr.match(/its worker is lost/g)?.length ?? 0;
  if (lost === 0) problems.push("no run was taken over while the cable was cut");
  const files = HOSTS.flatMap((host) => filesBelow(join(root, host)).map((file) => join(root, host, file)));
  const spilled = files.filter((file) => isFileWith(file, SERVICES.password));
  for (const file of spilled) problems.push(`${file} has the password of the queue`);
  say(
    `${workers.length} runs by two hosts without a folder in common, ${HOSTS.map((host) => `${doneBy(host)} by ${host}`).join(" and ")}, ` +
      `the cable of two cut for ${CUT_SECONDS} s, ${lost} ${lost === 1 ? "run" : "runs"} taken over, ` +
      `${seconds} s; ${problems.length} problems`,
  );
} finally {
  for (const child of children) child.kill("SIGKILL");
  await redis.stop("SIGKILL");
  await s3.stop("SIGKILL");
  await setTimeout(500); // What is killed leaves its namespace.
  tidy();
}
for (const one of problems) say(one);
process.exit(problems.length > 0 ? 1 : 0);

function isFileWith(file: string, text: string): boolean {
  try {
    return readFileSync(file).includes(text);
  } catch {
    return false; // A folder.
  }
}
