/** The short form of `npm run kills`. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../kills/main.ts", import.meta.url));

test("killed, and refused single calls on files, everything ends with the same bytes", () => {
  const run = spawnSync(process.execPath, ["--import", "tsx", main, "6", "4"], { encoding: "utf8" });
  expect(`${run.stdout}${run.stderr}`).toMatch(/^\d+ kills, \d+ faults, 0 problems$/m);
  expect(run.status).toBe(0);
});
