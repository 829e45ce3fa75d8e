/** Attune's side of the step bench: trains for so many steps, in a process of its own, and prints one JSON object. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import { peakRssBytes } from "../src/run/machine.ts";
import { resolveOptions } from "../src/run/options.ts";
import { prepareRun } from "../src/run/prepare.ts";
import { initialState, trainEpochs } from "../src/train/trainer.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    steps: { type: "string" },
    threads: { type: "string" },
    "batch-size": { type: "string" },
  },
});
const out = mkdtempSync(join(tmpdir(), "attune-bench-"));
const options = resolveOptions({
  model: values.model,
  data: values.data,
  out,
  learningRate: 1e-4,
  batchSize: Number(values["batch-size"]),
  threads: Number(values.threads),
});
const run = await prepareRun(options, onnxRuntimeEngine({ threads: options.threads }));
const stepSeconds: number[] = [];
const validate = async () => (await run.evaluate("validation")).metrics;
for await (const event of trainEpochs({ ...run.job, validate }, initialState())) {
  if (event.type === "step") stepSeconds.push(event.seconds);
  if (stepSeconds.length >= Number(values.steps)) break;
}
console.log(JSON.stringify({ stepSeconds, peakRssBytes: peakRssBytes() }));
rmSync(out, { recursive: true });
