import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder } from "../../../src/base/file-lock.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
/** A folder with the lock of someone else, or with whatever text. */
const locked = (holder: object | string): string => {
  const text = typeof holder === "string" ? holder : JSON.stringify(holder);
  return scratch.folder({ "lock.json": text });
};
const ended = spawnSync(process.execPath, ["-e", ""]).pid!;
const host = hostname();

test("a folder is locked once, until it is released", async () => {
  const folder = scratch.folder({});
  const lock = lockFolder(folder);
  expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"))).toMatchObject({ pid: process.pid, host });
  expect(await inputError(() => lockFolder(`${folder}/`))).toContain(
    `process ${process.pid} works in this folder; wait for it, or stop it`,
  );
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  lockFolder(folder).release();
});

test("a process that works keeps its lock, whatever it is", async () => {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" });
  try {
    const folder = locked({ pid: child.pid, host });
    expect(await inputError(() => lockFolder(folder))).toContain(
      `${folder}: process ${child.pid} works in this folder`,
    );
  } finally {
    child.kill("SIGKILL");
  }
});

test("nothing is known of a process on another machine", async () => {
  const folder = locked({ pid: ended, host: "elsewhere" });
  expect(await inputError(() => lockFolder(folder))).toContain(
    `process ${ended} on elsewhere works in this folder; if it does not any more, remove ${join(folder, "lock.json")}`,
  );
});

test.each<[string, object | string]>([
  ["a process that is over", { pid: ended, host }],
  ["an earlier process with the number of this one", { pid: process.pid, host }],
  ["a process of which another has the number now", { pid: process.ppid, host, began: "7" }],
  ["nobody", ""],
  ["something else", '{"pid": "x"}'],
])("the lock of %s is taken over", (_, holder) => {
  const folder = locked(holder);
  const lock = lockFolder(folder);
  expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8")).pid).toBe(process.pid);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a lock that another process holds by now is not released", () => {
  const folder = scratch.folder({});
  const lock = lockFolder(folder);
  const theirs = JSON.stringify({ pid: ended, host });
  writeFileSync(join(folder, "lock.json"), theirs);
  lock.release();
  expect(readFileSync(join(folder, "lock.json"), "utf8")).toBe(theirs);
});

test.skipIf(!existsSync("/proc/self/stat"))("a process that ended and was not yet waited for is over", () => {
  // The shell's child becomes a zombie, as the program that takes the shell's place does not wait for it.
  const script = "sleep 0 & echo $!; exec sleep 30";
  const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise<void>((done, failed) => {
    shell.stdout.once("data", (line) => {
      const began = readFileSync(`/proc/${shell.pid}/stat`, "utf8").split(" ")[21];
      const folder = locked({ pid: Number(line), host, began });
      setTimeout(() => {
        try {
          expect(readFileSync(`/proc/${Number(line)}/stat`, "utf8")).toContain(") Z ");
          lockFolder(folder).release();
          done();
        } catch (error) {
          failed(error);
        } finally {
          shell.kill("SIGKILL");
        }
      }, 200);
    });
  });
});
