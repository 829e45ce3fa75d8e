import { expect, test } from "vitest";
import { resumedThreads } from "../../../src/run/resumed-threads.ts";

test("a run goes on with its own number of threads, and says so where it cannot", () => {
  expect(resumedThreads({ threads: 4, bits: "any" }, 8)).toEqual({ options: { threads: 4, bits: "any" }, notes: [] });
  const { options, notes } = resumedThreads({ threads: 8, bits: "any" }, 4);
  expect(options).toEqual({ threads: 4, bits: "any" });
  expect(notes).toEqual([expect.stringMatching(/^This run began with 8 threads and goes on with 4, /)]);
});

test("with the same bits, as runs of before had, there is nothing to say", () => {
  expect(resumedThreads({ threads: 8, bits: "same" }, 4)).toEqual({ options: { threads: 4, bits: "same" }, notes: [] });
  expect(resumedThreads({ threads: 8 }, 4)).toEqual({ options: { threads: 4, bits: "same" }, notes: [] });
});
