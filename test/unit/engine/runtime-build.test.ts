import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { requireBuild, requireSilence } from "../../../src/engine/runtime-build.ts";

test("what onnxruntime-node has builds for passes, and nothing else", () => {
  const bin = join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")), "..", "bin", "napi-v6");
  const builds = readdirSync(bin).flatMap((platform) =>
    readdirSync(join(bin, platform)).map((arch) => `${platform} ${arch}`),
  );
  for (const platform of ["linux", "darwin", "win32", "freebsd", "android"])
    for (const arch of ["x64", "arm64", "ia32", "riscv64"]) {
      const check = () => requireBuild(platform, arch);
      if (builds.includes(`${platform} ${arch}`)) check();
      else expect(check).toThrow(/has no build for/);
    }
  expect(() => requireBuild("darwin", "x64")).toThrow("Macs with an Intel processor; take a Mac");
});

test("in a worker thread, only what native code sees counts", async () => {
  expect(() => requireSilence(false, {})).toThrow("import it in the main thread as well");
  requireSilence(false, { ORT_DISABLE_TELEMETRY: "1" });
  requireSilence(true, {});
  const program = `process.env.ATTUNE_OWN = "1"; const { environmentVariables: seen } = process.report.getReport();
    require("node:worker_threads").parentPort.postMessage([seen.ATTUNE_OWN, seen.ATTUNE_MAIN]);`;
  process.env.ATTUNE_MAIN = "1";
  const seen = await new Promise((resolve) => new Worker(program, { eval: true }).once("message", resolve));
  delete process.env.ATTUNE_MAIN;
  // Vitest's own workers may be threads, whose environment is a copy, too.
  expect((seen as unknown[])[0]).toBeUndefined();
});
