/**
 * `npm run cost`: what one run, and the predictions for one file, cost in requests and bytes of S3 and in commands and memory of
 * Redis. docs/scale.md multiplies these. Needs Redis, and moto in the Python that ATTUNE_PYTHON names.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { queueStatus } from "../../src/machines/queue-status.ts";
import { openStore } from "../../src/store/open-store.ts";
import { commandLine, start } from "../e2e/attune.ts";
import { BUCKET, hasS3, redisProgram, s3Environment, startRedis, startS3 } from "../machines/servers.ts";
import { tinyData, tinyModel } from "../tiny.ts";

if (redisProgram === undefined || !hasS3) throw new Error("Redis and moto are needed");
const IDLE_SECONDS = 20;
const cwd = mkdtempSync(join(tmpdir(), "attune-cost-"));
tinyModel(join(cwd, "model"), { layers: 2 });
tinyData(join(cwd, "data"), { rows: 60 });
mkdirSync(join(cwd, "redis"));
const redis = await startRedis(join(cwd, "redis"));
const s3 = await startS3();
const queue = `redis://127.0.0.1:${redis.port}`;
const client = new Redis(queue);
const [ofCompare, ofWorker] = [await countingProxy(s3.port), await countingProxy(s3.port)];
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Commands that Redis has done so far, without those of this program. */
const commands = async (): Promise<number> =>
  Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))![1]);
/** Memory of the keys of jobs, which end with the run's name. */
async function jobBytes(): Promise<number> {
  const keys = await client.keys("bull:attune:*.*");
  const bytes = await Promise.all(keys.map((key) => client.memory("USAGE", key)));
  return bytes.reduce<number>((sum, one) => sum + Number(one ?? 0), 0);
}
const attune = (args: readonly string[], port: number) =>
  start(process.execPath, [commandLine, ...args], { cwd, env: s3Environment(port) });
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(200);
}
const places = ["--queue", queue, "--store", `s3://${BUCKET}/cost`];

const compare = attune(
  [
    ..."compare --model model --data data --recipe own --methods lora --ranks 2 --epochs 2 --batch-size 4".split(" "),
    ...["--no-estimate", "--quiet", "--out", "study", ...places],
  ],
  ofCompare.port,
);
await until(async () => (await queueStatus(queue)).counts.waiting === 1);
say(`S3 for the study: ${ofCompare.taken()}`);
say(`Redis for the job of a run that waits: ${await jobBytes()} bytes`);
const before = await commands();
const worker = spawn(process.execPath, [commandLine, "worker", "--queue", queue, "--work", "work"], {
  cwd,
  env: { ...process.env, ...s3Environment(ofWorker.port) },
  stdio: "ignore",
});
const { code, stderr } = await compare.ended;
if (code !== 0) throw new Error(stderr);
say(`Redis for the run: ${(await commands()) - before} commands of all, the start of the worker with them`);
say(`S3 for the run, of the worker, model and data with it: ${ofWorker.taken()}`);
say(`S3 for the run, of compare: ${ofCompare.taken()}`);

const idle = await commands();
await setTimeout(1000 * IDLE_SECONDS);
say(`Redis for a worker that waits: ${(((await commands()) - idle) / IDLE_SECONDS).toFixed(1)} commands a second`);

Object.assign(process.env, s3Environment(s3.port));
await (await openStore(`s3://${BUCKET}/parts`)).put("part-1.csv", { path: join(cwd, "data/test.csv") });
const predicting = ["predict", "study/runs/own-lora-r2-s42", "--data", `s3://${BUCKET}/parts/*.csv`, ...places];
const jobs = await commands();
const predicted = await attune(predicting, ofCompare.port).ended;
if (predicted.code !== 0) throw new Error(predicted.stderr);
say(`Redis for the predictions of a file: ${(await commands()) - jobs} commands`);
say(
  `S3 for the predictions of a file (${readFileSync(join(cwd, "data/test.csv")).length} bytes), of the worker: ${ofWorker.taken()}`,
);
say(`S3 for the predictions, of predict: ${ofCompare.taken()}`);

worker.kill("SIGKILL");
client.disconnect();
await redis.stop("SIGKILL");
await s3.stop("SIGKILL");
rmSync(cwd, { recursive: true, force: true });
process.exit(0);

/** Passes requests on and counts them, by method and in bytes. */
async function countingProxy(to: number) {
  let counts: Record<string, number> = {};
  let [up, down] = [0, 0];
  const methodOf = ({ method, url = "" }: IncomingMessage): string =>
    method === "POST" ? "DELETE" : method === "GET" && url.includes("list-type=") ? "LIST" : method!;
  const server = createServer((asked, answer) => {
    const method = methodOf(asked);
    counts[method] = (counts[method] ?? 0) + 1;
    asked.on("data", (part: Buffer) => (up += part.length));
    const { url: path, headers } = asked;
    const sent = request({ port: to, host: "127.0.0.1", method: asked.method, path, headers }, (got) => {
      answer.writeHead(got.statusCode!, got.headers);
      got.on("data", (part: Buffer) => (down += part.length)).pipe(answer);
    });
    asked.pipe(sent);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  return {
    port,
    /** What came since it was asked the last time. */
    taken: (): string => {
      const said = `${Object.entries(counts)
        .map(([method, count]) => `${method} ${count}`)
        .join(", ")}; ${up} bytes up, ${down} down`;
      counts = {};
      [up, down] = [0, 0];
      return said;
    },
  };
}
