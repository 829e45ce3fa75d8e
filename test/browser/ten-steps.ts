/** Ten training steps of a small BERT on any engine; Node-free, so that a page can run it, too. */
import { normal } from "../../src/base/random.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { adaptModel } from "../../src/methods/adapt.ts";
import { chooseMethod } from "../../src/methods/chosen-method.ts";
import { packBatch } from "../../src/models/batch.ts";
import { plainObjective } from "../../src/train/classification-objective.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { trainingProgram } from "../../src/train/program.ts";
import { BatchRunner } from "../../src/train/step.ts";
import { assembleGradients } from "../assemble.ts";
import { tinyBert } from "../tiny-bert.ts";

export interface TenSteps {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  /** Of each step, by parameter. */
  readonly gradients: readonly Readonly<Record<string, readonly number[]>>[];
}

const STEPS = 10;
const LABELS = [0, 1, 2, 0];
const BATCHES = [
  [
    [2, 7, 3],
    [2, 9, 9, 4, 12, 3],
    [2, 3],
    [2, 5, 3],
  ],
  [
    [2, 8, 1, 3],
    [2, 3],
    [2, 12, 12, 3],
    [2, 7, 7, 7, 3],
  ],
];

/** With dropout, clipping and weight decay; weights are always the same. */
export async function tenSteps(engine: Engine, method: string): Promise<TenSteps> {
  const base = tinyBert({ hidden_size: 32, num_attention_heads: 4, intermediate_size: 64 });
  const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;
  const { encoder, trained } = adaptModel(base, chooseMethod(method), context);
  const program = trainingProgram(encoder, trained);
  const store = engine.createStore(encoder.parameters, { ...program, maxTokens: 16, gradientAccumulation: 1 });
  for (const [k, { name, kind }] of encoder.parameters.entries()) {
    const values = store.host[name]!.data as Float32Array;
    for (let i = 0; i < values.length; i++) values[i] = 0.1 * normal(k, i) + (kind === "layerNormWeight" ? 1 : 0);
  }
  await store.upload();
  const executable = await engine.compile(program.outputs);
  const runner = new BatchRunner(program, executable, encoder, store, plainObjective(3));
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 };
  const optimizer = new Optimizer(store, options);
  const sizes = Object.fromEntries(encoder.parameters.map(({ name }) => [name, store.host[name]!.data.length]));

  const [losses, norms, gradients]: [number[], number[], TenSteps["gradients"][number][]] = [[], [], []];
  for (let step = 0; step < STEPS; step++) {
    const ids = BATCHES[step % BATCHES.length]!.map((text) => Int32Array.from(text));
    const batch = packBatch(ids, encoder);
    losses.push(await runner.run(batch, LABELS, 42, step));
    const written = Object.entries(store.gradientOutputs(batch)).map(([name, tensor]) => [
      name,
      (tensor as unknown as { data: Float32Array }).data,
    ]);
    const found = assembleGradients(program, Object.fromEntries(written), batch, sizes);
    gradients.push(Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]])));
    optimizer.receive(batch);
    norms.push(await optimizer.update(1e-3));
  }
  await executable.dispose();
  await store.dispose();
  return { losses, norms, gradients };
}
