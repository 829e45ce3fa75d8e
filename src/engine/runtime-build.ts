/**
 * Whether ONNX Runtime can be loaded here, said before it is. This file is imported before it, wherever it is imported: where
 * there is no build of it, Node would only name a missing module.
 */
import { isMainThread } from "node:worker_threads";
import { AttuneError } from "../base/error.ts";

/** What onnxruntime-node 1.30 has. */
const BUILDS = ["linux x64", "linux arm64", "darwin arm64", "win32 x64", "win32 arm64"];

/** @throws AttuneError where onnxruntime-node has no build for a machine */
export function requireBuild(platform: string, arch: string): void {
  if (BUILDS.includes(`${platform} ${arch}`)) return;
  const machine = platform === "darwin" && arch === "x64" ? "Macs with an Intel processor" : `${platform} on ${arch}`;
  throw new AttuneError(
    "engine/no-build",
    `onnxruntime-node, which computes, has no build for ${machine}; take a Mac with an Apple processor, or Linux or Windows on x64 or arm64`,
    "failure",
  );
}

/** @throws AttuneError in a thread whose environment is its own: what is set there does not reach ONNX Runtime, which would report to its maker */
export function requireSilence(isMain: boolean, real: Readonly<Record<string, string | undefined>>): void {
  if (isMain || real.ORT_DISABLE_TELEMETRY === "1") return;
  throw new AttuneError(
    "engine/telemetry",
    "Attune was loaded in a worker thread first, and from there it cannot turn off ONNX Runtime's reports to its maker; import it in the main thread as well, before the worker is started, or set ORT_DISABLE_TELEMETRY=1",
    "failure",
  );
}

requireBuild(process.platform, process.arch);
// A thread's process.env is a copy; the report has what native code sees.
if (!isMainThread)
  requireSilence(
    false,
    (process.report.getReport() as { environmentVariables: NodeJS.ProcessEnv }).environmentVariables,
  );
