import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { type Holder, Lock } from "../../../src/run/lock.ts";
import { scratchFolder } from "../data/scratch.ts";

const scratch = scratchFolder();
const held = (holder: Partial<Holder>): string =>
  scratch.file("lock", `${JSON.stringify({ process: process.pid, host: hostname(), since: "then", ...holder })}\n`);
const read = (file: string): Holder => JSON.parse(readFileSync(file, "utf8"));
/** The number of a process that is over. */
const gone = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("one takes it, and a second one learns who has it, until it is given back", () => {
  const file = scratch.file("other", "").replace(/other$/, "lock");
  const lock = Lock.take(file);
  expect(lock).toBeInstanceOf(Lock);
  expect(Lock.take(file)).toMatchObject({ process: process.pid, host: hostname() });
  (lock as Lock).release();
  expect(readdirSync(dirname(file))).toEqual(["other"]);
  expect(Lock.take(file)).toBeInstanceOf(Lock);
});

test("what a process left that is over is taken over", () => {
  const file = held({ process: gone() });
  expect(Lock.take(file)).toBeInstanceOf(Lock);
  expect(read(file).process).toBe(process.pid);
  expect(readdirSync(dirname(file))).toEqual(["lock"]);
});

test("a process on another machine is believed", () => {
  expect(Lock.take(held({ process: gone(), host: "elsewhere.example" }))).toMatchObject({ host: "elsewhere.example" });
});

test.runIf(process.platform === "linux")("another process with the same number is not the holder", () => {
  expect(Lock.take(held({ began: "1" }))).toBeInstanceOf(Lock);
});

test("a lock that somebody else took meanwhile is not removed", () => {
  const file = held({ process: gone() });
  const lock = Lock.take(file) as Lock;
  writeFileSync(file, "another\n");
  lock.release();
  expect(readFileSync(file, "utf8")).toBe("another\n");
});
