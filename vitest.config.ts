import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * Where tests have their folders: in memory, where the system has a place for that with some room, since runs make sure
 * that what they write is on the disk, and hundreds of tiny ones mostly wait for it.
 */
function scratch(): Record<string, string> {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize < 2 ** 31) return {};
    const folder = join("/dev/shm", "attune-tests");
    mkdirSync(folder, { recursive: true });
    return { TMPDIR: folder };
  } catch {
    return {};
  }
}

// `unit` runs in a minute or two and needs nothing but the sources; `thorough` goes over all of Unicode, all forms of export, all kinds of studies; `e2e` drives the built package as a user would;
// `browser` runs graphs and training in headless Chromium, and says so where there is none.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    env: scratch(),
    projects: [
      // Files share what they import: loading it anew for each took a fifth of the time. Those that measure their process have one each.
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          exclude: ["test/unit/**/*.alone.test.ts", "test/unit/**/*.thorough.test.ts"],
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: { name: "thorough", include: ["test/unit/**/*.thorough.test.ts"], isolate: false, maxWorkers: 2 },
      },
      { extends: true, test: { name: "unit-alone", include: ["test/unit/**/*.alone.test.ts"], maxWorkers: 2 } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
        },
      },
      { extends: true, test: { name: "browser", include: ["test/browser/**/*.test.ts"] } },
    ],
  },
});
