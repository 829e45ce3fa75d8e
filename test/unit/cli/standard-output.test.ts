/** Standard output that cannot be written ends the program with one sentence. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

test.skipIf(!existsSync("/dev/full"))("a full disk is said in words, without a stack trace", () => {
  const full = openSync("/dev/full", "w");
  try {
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", main, "methods"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    expect(stderr).toBe("attune: standard output cannot be written: there is no space left on its disk\n");
    expect(status).toBe(1);
  } finally {
    closeSync(full);
  }
});
