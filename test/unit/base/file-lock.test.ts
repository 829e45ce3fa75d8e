/** What `folder-lock.test.ts` does not show of locks: those that count as left behind when nobody touches them. */
import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Lock, takeLock } from "../../../src/base/file-lock.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const HOLDER = { pid: 1, host: "elsewhere" };
const held = () => join(scratch.folder({ "a.lock": JSON.stringify(HOLDER) }), "a.lock");
const touchedBefore = (file: string, seconds: number) =>
  utimesSync(file, new Date(), new Date(Date.now() - 1000 * seconds));

test("a lock is taken over after so long without a touch, and not before", () => {
  const file = held();
  touchedBefore(file, 90);
  expect(takeLock(file, 100)).toEqual(HOLDER);
  expect(takeLock(file)).toEqual(HOLDER);
  touchedBefore(file, 110);
  expect(takeLock(file)).toEqual(HOLDER);
  const lock = takeLock(file, 100) as Lock;
  lock.touch();
  lock.release();
  expect(existsSync(file)).toBe(false);
});

test("a touch keeps it", () => {
  const file = join(scratch.folder({}), "a.lock");
  const lock = takeLock(file) as Lock;
  touchedBefore(file, 110);
  lock.touch();
  expect(takeLock(file, 100)).toMatchObject({ pid: process.pid });
  lock.release();
});
