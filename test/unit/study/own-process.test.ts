import { afterAll, beforeAll, expect, test } from "vitest";
import { inOwnProcess, programBeside } from "../../../src/study/own-process.ts";

const PROGRAM = programBeside(import.meta.url, "talkative-child");
const before = [...process.execArgv];
// Its program is TypeScript, too.
beforeAll(() => void process.execArgv.push("--import", "tsx"));
afterAll(() => void process.execArgv.splice(0, process.execArgv.length, ...before));

/** Longer than a process takes to begin and to say everything, this one reads nothing. */
const busy = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

test("what processes say last arrives, however long their parent reads nothing", async () => {
  let heard = 0;
  const started = [false, true].map((fails) => {
    const job = { characters: 3_000_000, fails } as object;
    return inOwnProcess<string>(PROGRAM, job, (news) => {
      heard += news.length;
    });
  });
  busy(3000);
  const [well, failed] = await Promise.all(started);
  expect(well).toEqual({ status: "done" });
  expect(failed).toMatchObject({ status: "failed", reason: expect.stringContaining("on purpose"), isMachines: false });
  expect(heard).toBe(6_000_000);
});
