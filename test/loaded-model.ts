/** A model folder on the engine, by the same path that training and evaluation take. */

import { CpuStore } from "../src/engine/cpu-store.ts";
import { float32 } from "../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import { evaluateShape } from "../src/graph/dim.ts";
import { pruneRows } from "../src/graph/row-pruning.ts";
import { simplify } from "../src/graph/simplify.ts";
import type { HostTensor, Tensor } from "../src/graph/tensor.ts";
import { batchValues, type PackedBatch, rowAxes } from "../src/models/batch.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { plainScope } from "../src/models/scope.ts";
import { openModel } from "../src/pretrained/open-model.ts";
import { computeLogits, type TokenSource } from "../src/train/evaluate.ts";
import { evaluationProgram } from "../src/train/program.ts";

export const engine = onnxRuntimeEngine({ threads: 1 });

export interface LoadedModel {
  readonly encoder: Encoder;
  readonly labels: readonly string[];
  readonly fresh: ReadonlySet<string>;
  readonly notes: readonly string[];
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** Opens a folder and reads its weights, into `memory` of the caller's making if there is any. */
export async function loadModel(
  folder: string,
  { labels, seed = 0 }: { labels?: readonly string[]; seed?: number } = {},
  makeMemory: (encoder: Encoder) => CpuStore = (encoder) => new CpuStore(encoder.parameters),
): Promise<LoadedModel> {
  const model = await openModel(folder, labels);
  const { weights } = makeMemory(model.encoder);
  model.readInto((name) => valuesOf(weights, name), seed);
  model.close();
  return { encoder: model.encoder, labels: model.labels, fresh: model.fresh, notes: model.notes, weights };
}

export function valuesOf(weights: LoadedModel["weights"], name: string): Float32Array {
  return weights[name]!.data as Float32Array;
}

export const textsOf = (ids: readonly (readonly number[])[]): TokenSource => ({
  count: ids.length,
  ids: (i) => Int32Array.from(ids[i]!),
});

/** Logits [texts, labels] as `evaluate` computes them. */
export async function logitsOf(model: LoadedModel, texts: TokenSource): Promise<Float32Array> {
  const [logits] = await logitsOfEach(model, [texts]);
  return logits!;
}

/** The same of several sources, by one compiled program. */
export async function logitsOfEach(
  { encoder, labels, weights }: LoadedModel,
  sources: readonly TokenSource[],
): Promise<Float32Array[]> {
  const executable = await engine.compile(evaluationProgram(encoder));
  const found: Float32Array[] = [];
  for (const texts of sources)
    found.push(await computeLogits({ executable, encoder, weights, labelCount: labels.length }, texts));
  await executable.dispose();
  return found;
}

/** What goes into pooler and classifier: the last hidden state of [CLS], and the pooled output. [batch, hidden] each. */
export async function headInputs(
  { encoder, weights }: LoadedModel,
  batch: PackedBatch,
): Promise<{ clsHidden: Float32Array; pooled: Float32Array }> {
  const plain = plainScope(encoder.parameters, (x) => x);
  const seen: Record<string, Tensor> = {};
  encoder.logits({
    ...plain,
    linear: (site, x) => {
      seen[site.role] = x;
      return plain.linear(site, x);
    },
  });
  const outputs = simplify(pruneRows({ clsHidden: seen.pooler!, pooled: seen.classifier! }, rowAxes));
  const program = await engine.compile(outputs);
  const dims = evaluateShape(seen.pooler!.shape, batch.sizes);
  const values = { clsHidden: new Float32Array(dims[0]! * dims[1]!), pooled: new Float32Array(dims[0]! * dims[1]!) };
  await program.run(
    { ...weights, ...batchValues(batch, encoder) },
    { clsHidden: float32(values.clsHidden, dims), pooled: float32(values.pooled, dims) },
  );
  await program.dispose();
  return values;
}
