/** A process that hangs is told from one that computes without a word. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { endWhenStill } from "../../../src/study/still-process.ts";

const isLinux = existsSync("/proc/self/stat");
const program = (text: string) => spawn(process.execPath, ["-e", text], { stdio: "ignore" });

test.skipIf(!isLinux)("one that does nothing is ended, one that computes is left", async () => {
  const [still, busy] = [program("setTimeout(() => {}, 1e6)"), program("for (;;);")];
  const watches = [still, busy].map((child) => endWhenStill(child, 2));
  try {
    const [, signal] = await once(still, "exit");
    expect(signal).toBe("SIGKILL");
    await setTimeout(500);
    expect(watches.map(({ isStill }) => isStill)).toEqual([true, false]);
    expect(busy.exitCode).toBeNull();
  } finally {
    for (const watch of watches) watch.stop();
    busy.kill("SIGKILL");
  }
});
