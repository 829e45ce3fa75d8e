/** What a frozen encoder makes of each text: one vector, computed once, from which heads learn and neighbours are found. */
import { type Cleanups, closingAfter } from "../base/cleanups.ts";
import type { Engine } from "../engine/engine.ts";
import { featureRowsOf } from "../features/feature-rows.ts";
import { adaptModel } from "../methods/adapt.ts";
import { chooseMethod } from "../methods/chosen-method.ts";
import type { Pooling } from "../models/head-choice.ts";
import { requirePairs, requireVocabulary } from "../models/model-limits.ts";
import { fittingHead } from "../pretrained/fitting-head.ts";
import { openModel } from "../pretrained/open-model.ts";
import { textLength } from "../pretrained/own-max-length.ts";
import { cutTexts, TokenizedSplit } from "../tokens/tokenized.ts";
import { loadTokenizer } from "../tokens/tokenizer.ts";
import { findFrozenFeatures } from "../train/frozen-features.ts";
import type { AuditedTexts } from "./audited-texts.ts";

/** Vectors [texts, width], each dimension with mean 0 and deviation 1 over all texts. */
export interface TextFeatures {
  readonly count: number;
  readonly width: number;
  readonly values: Float32Array;
  /** How the tokens of a text became one vector. */
  readonly pooling: Pooling;
  readonly notes: readonly string[];
}

export interface FeatureOptions {
  /** Folder of the model. */
  readonly model: string;
  readonly maxLength?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of texts that are done. */
  readonly onTexts?: (done: number) => void;
}

/** @throws AttuneError where the model cannot read these texts, or of kind "interrupted" after `signal` */
export async function textFeatures(
  texts: AuditedTexts,
  engine: Engine,
  options: FeatureOptions,
): Promise<TextFeatures> {
  const own = await openModel(options.model, texts.labels);
  own.close();
  const { head } = fittingHead(own, options.model, texts.labels);
  const pooling = head.replace("+mlp", "") as Pooling;
  // What is pooled by weights that would have to be learned first has no vector yet.
  return (
    (await closingAfter((opened) => pooled(pooling, texts, engine, options, opened))) ??
    (await closingAfter((opened) => pooled("mean", texts, engine, options, opened)))!
  );
}

async function pooled(
  pooling: Pooling,
  { examples, labels, multiLabel }: AuditedTexts,
  engine: Engine,
  { model: folder, maxLength, signal, onTexts }: FeatureOptions,
  opened: Cleanups,
): Promise<TextFeatures | undefined> {
  const model = await openModel(folder, labels, { head: pooling }, multiLabel);
  opened.add(() => model.close());
  const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: model.fresh } as const;
  const { encoder, trained } = adaptModel(model.encoder, chooseMethod("probe"), context);
  const features = findFrozenFeatures(encoder, trained);
  if (features?.rows !== "text") return undefined;
  const tokenizer = loadTokenizer(folder);
  requireVocabulary(tokenizer, encoder, folder);
  if (examples.isPair) requirePairs(tokenizer, encoder, folder);
  const tokens = new TokenizedSplit(examples, tokenizer, textLength(maxLength, folder, encoder));
  const memory = engine.createStore(encoder.parameters);
  opened.add(() => memory.dispose());
  model.readInto((name) => memory.host[name]!.data as Float32Array, 0);
  await memory.upload();
  const program = { compile: () => engine.compile(features.outputs), encoder, store: memory };
  const place = { budgetBytes: Number.POSITIVE_INFINITY };
  const rows = await featureRowsOf(program, features, tokens, place, signal, onTexts);
  const values = rows.gather(Array.from({ length: examples.length }, (_, i) => i));
  rows.close();
  standardise(values, features.width);
  const notes = tokens.truncatedCount > 0 ? [cutTexts(tokens.truncatedCount)] : [];
  return { count: examples.length, width: features.width, values, pooling, notes };
}

/** Mean 0 and deviation 1 in each column; one that is the same for all texts becomes 0. */
export function standardise(values: Float32Array, width: number): void {
  const count = values.length / width;
  const [means, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < values.length; i++) means[i % width]! += values[i]! / count;
  for (let i = 0; i < values.length; i++) squares[i % width]! += (values[i]! - means[i % width]!) ** 2 / count;
  const scales = squares.map((square, k) => (square > 1e-12 * (1 + means[k]! ** 2) ? 1 / Math.sqrt(square) : 0));
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - means[i % width]!) * scales[i % width]!;
}
