/**
 * Steps of full fine-tuning of a model whose weights, gradients and moments do not fit into one WebAssembly memory: by
 * default BERT-large, with random weights and tokens.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { peakRssBytes } from "../src/base/machine.ts";
import { mix32, randomKey } from "../src/base/random.ts";
import { CpuStore } from "../src/engine/cpu-store.ts";
import { workerPoolOf } from "../src/engine/kernels/threads.ts";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import { packBatch } from "../src/models/batch.ts";
import { parameterCount } from "../src/models/encoder.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { plainObjective } from "../src/train/classification-objective.ts";
import { Optimizer } from "../src/train/optimizer.ts";
import { trainingProgram } from "../src/train/program.ts";
import { BatchRunner } from "../src/train/step.ts";
import { measuring } from "./options.ts";
import { ADAMW } from "./steps.ts";

const LABELS = 6;
/** Of emotion's texts, in tokens: a batch of 16 has 372. */
const LENGTHS = [44, 38, 33, 30, 28, 26, 24, 23, 21, 20, 18, 17, 15, 13, 12, 10];

export async function benchLarge(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hidden: { type: "string", default: "1024" },
      layers: { type: "string", default: "24" },
      heads: { type: "string", default: "16" },
      steps: { type: "string", default: "3" },
      threads: measuring.threads,
    },
  });
  const hidden = Number(values.hidden);
  const encoder = buildEncoder(
    {
      model_type: "bert",
      hidden_size: hidden,
      num_hidden_layers: Number(values.layers),
      num_attention_heads: Number(values.heads),
      intermediate_size: 4 * hidden,
    },
    LABELS,
    "config.json",
  );
  const program = trainingProgram(encoder, encoder.parameters);
  const batch = packBatch(
    LENGTHS.map((length, row) => Int32Array.from({ length }, (_, i) => mix32(row * 512 + i) % encoder.vocabularySize)),
    encoder,
  );
  const workers = workerPoolOf(Number(values.threads));
  const limits = { maxTokens: batch.sizes.tokens, gradientAccumulation: 1 };
  const memory = new CpuStore(encoder.parameters, { ...program, ...limits }, workers);
  for (const { name, kind } of encoder.parameters) fill(memory.weights[name]!.data as Float32Array, kind, name);
  const engine = onnxRuntimeEngine({ threads: Number(values.threads) });
  const executable = await engine.compile(program.outputs);
  const runner = new BatchRunner(program, executable, encoder, memory, plainObjective(LABELS));
  const optimizer = new Optimizer(memory, ADAMW);
  const buffers = new Set(Object.values(memory.weights).map(({ data }) => data.buffer));
  const gigabytes = [...buffers].map(({ byteLength }) => (byteLength / 1e9).toFixed(2));
  console.log(
    `${cpus()[0]?.model.trim()}, ${values.threads} threads; ${(parameterCount(encoder.parameters) / 1e6).toFixed(0)} M parameters, ` +
      `${batch.sizes.batch} texts, ${batch.sizes.tokens} tokens; memories of ${gigabytes.join(" + ")} GB`,
  );
  const truths = LENGTHS.map((_, row) => row % LABELS);
  for (let step = 1; step <= Number(values.steps); step++) {
    const started = performance.now();
    const loss = await runner.run(batch, truths, 42, step);
    const computed = performance.now();
    optimizer.receive(batch);
    const norm = await optimizer.update(1e-5);
    const [program, update] = [computed - started, performance.now() - computed];
    console.log(
      `step ${step}: loss ${loss.toFixed(4)}, gradient norm ${norm.toFixed(3)}; masks and program ${seconds(program)}, ` +
        `norm and AdamW ${seconds(update)}; peak memory ${(peakRssBytes() / 1e9).toFixed(2)} GB`,
    );
  }
  await executable.dispose();
  workers.dispose();
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/** Evenly drawn, as wide as Transformers draws: normal numbers would take minutes for so many. */
function fill(weights: Float32Array, kind: string, name: string): void {
  if (kind === "layerNormWeight") weights.fill(1);
  if (kind !== "weight" && kind !== "embedding") return;
  const key = randomKey(0, "initialise", name);
  for (let i = 0; i < weights.length; i++) weights[i] = (mix32(key + i) / 2 ** 32 - 0.5) * 0.07;
}
