/** Searches on the command line: killed and gone on with, decided again, and what they say to train with. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { readLog } from "../../src/search/search-folder.ts";
import { redisProgram, startRedis } from "../machines/servers.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, type Outcome, startAttune, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));

const ARGS = [
  ...["search", "--model", "model", "--data", "data", "--method", "lora", "--head", "mean", "--batch-size", "4"],
  ...["--epochs", "3", "--trials", "3", "--threads", "1", "--search-only"],
  ...["--search", "learning-rate=1e-3..1e-1", "--search", "rank=2,4"],
];
const logOf = (out: string) => readLog(join(cwd, out));
/** Without times, which are never the same. */
const outcomeOf = (out: string) => logOf(out).map((entry) => ({ ...entry, seconds: 0, elapsed: 0 }));

const predictionsOf = (run: string) => readFileSync(join(cwd, run, "predictions", "test.jsonl"), "utf8");

let first: Outcome;
beforeAll(async () => {
  first = await attune([...ARGS, "--out", "undisturbed"], { cwd });
});

test("ends with the best, and with a command that trains the same", async () => {
  expect(first.code, first.stderr).toBe(0);
  expect(first.stderr).toMatch(/t001: learning rate 0\.\d+, rank 4 \(as the recipe has it\)/);
  expect(first.stderr).toMatch(/t00\d: goes on to epoch 3\n/);
  expect(first.stderr).toMatch(/macro F1 [01]\.\d{4} after 1 epoch; .*about \d+ \w+ to go/);
  const [, command] = /^ {2}attune (train .*) --out RUN$/m.exec(first.stdout)!;
  await succeed([...command!.split(" "), "--threads", "1", "--out", "again", "--quiet"], { cwd });
  expect(predictionsOf("again")).toBe(predictionsOf("undisturbed/best"));
});

test("killed in the middle of a trial, goes on with the same command to the same end", async () => {
  const { process: child, ended } = startAttune([...ARGS, "--out", "killed"], { cwd });
  // The second trial is under way.
  while (child.exitCode === null && logOf("killed").length < 5) await setTimeout(5);
  child.kill("SIGKILL");
  expect((await ended).code).toBeUndefined();
  const before = outcomeOf("killed");
  expect(before.some(({ type }) => type === "end")).toBe(false);
  await succeed([...ARGS, "--out", "killed"], { cwd });
  expect(outcomeOf("killed").slice(0, before.length)).toEqual(before);
  expect(outcomeOf("killed")).toEqual(outcomeOf("undisturbed"));
});

test("decides the same again from its log, and says where it would not", async () => {
  const again = await succeed(["search", "--replay", "undisturbed"], { cwd });
  const decisions = logOf("undisturbed").filter(({ type }) => ["trial", "start", "end"].includes(type));
  expect(again.stdout).toBe(`${decisions.length} decisions, each of which would be made again\n`);
});

test.skipIf(redisProgram === undefined)("over a queue finds the same, whichever workers do its trials", async () => {
  const redis = await startRedis(scratchFolder().folder({}));
  const queue = ["--queue", `redis://127.0.0.1:${redis.port}`];
  const workers = ["a", "b"].map((name) => startAttune(["worker", ...queue, "--name", name, "--work", name], { cwd }));
  try {
    await succeed([...ARGS, "--out", "queued", ...queue, "--store", "store"], { cwd });
    expect(outcomeOf("queued")).toEqual(outcomeOf("undisturbed"));
    expect(predictionsOf("queued/best")).toBe(predictionsOf("undisturbed/best"));
  } finally {
    for (const { process: child } of workers) child.kill("SIGTERM");
    await Promise.all(workers.map(({ ended }) => ended));
    await redis.stop();
  }
});

test("what cannot be searched is refused before a folder is made", async () => {
  const { code, stderr } = await attune([...ARGS, "--search", "rnak=2,4", "--out", "refused"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toBe("attune: --rnak cannot be searched: no method here has an option --rnak; did you mean --rank?\n");
  expect(existsSync(join(cwd, "refused"))).toBe(false);
});
