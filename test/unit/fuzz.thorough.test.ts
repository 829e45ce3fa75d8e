/** The short form of `npm run fuzz`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";
import { fuzzTargets } from "../fuzz/targets.ts";

const root = mkdtempSync(join(tmpdir(), "attune-fuzz-"));
afterAll(() => rmSync(root, { recursive: true }));

test("inputs that nobody meant are refused or read: nothing crashes, nothing hangs", async () => {
  const { found, inputs, refused } = await fuzz(fuzzTargets(root), join(root, "inputs"), { seed: 7, inputs: 8 });
  expect(found).toEqual([]);
  expect(inputs).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(inputs / 2);
}, 120_000);
