/** Probabilities of each label for each text, by heads that have learned from the other folds. */
import type { Engine } from "../engine/engine.ts";
import type { Truth } from "../tables/dataset.ts";
import { evenThresholds, metricsOf } from "../train/evaluate.ts";
import type { TriedModel } from "./audit-result.ts";
import type { AuditedTexts } from "./audited-texts.ts";
import { headKinds, openFeatureHead } from "./feature-heads.ts";
import type { TextFeatures } from "./text-features.ts";

export interface OutOfFold {
  /** [texts, labels] */
  readonly probabilities: Float32Array;
  /** The one that the probabilities are from comes first. */
  readonly tried: readonly TriedModel[];
  /** The same by the linear head, where there was one. */
  readonly linear?: Float32Array;
}

export interface FoldContext {
  readonly engine: Engine;
  /** Folder of the model. */
  readonly model: string;
  /** The fold of each text, and how many there are. */
  readonly foldOf: Uint8Array;
  readonly folds: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFold: () => void;
}

/** Folds times kinds of heads: how often `onFold` is called. */
export const headFolds = (folds: number): number => folds * headKinds.length;

/** The mean of a linear and an MLP head, or the better of the two where that has the lower log loss. */
export async function headProbabilities(
  texts: AuditedTexts,
  features: TextFeatures,
  context: FoldContext,
): Promise<OutOfFold> {
  const { engine, model, foldOf, folds, seed, signal, onFold } = context;
  const { labels, multiLabel, examples } = texts;
  const found: { readonly name: string; readonly probabilities: Float32Array }[] = [];
  for (const kind of headKinds) {
    const head = await openFeatureHead(kind, texts, features, model, engine);
    const probabilities = new Float32Array(examples.length * labels.length);
    try {
      for (let fold = 0; fold < folds; fold++) {
        const [learn, answer] = [textsIn(foldOf, (one) => one !== fold), textsIn(foldOf, (one) => one === fold)];
        const logits = await head.logitsOf({ learn, answer, seed, signal });
        spread(asProbabilities(logits, labels.length, multiLabel), answer, labels.length, probabilities);
        onFold();
      }
    } finally {
      await head.dispose();
    }
    found.push({ name: `${kind} head`, probabilities });
  }
  const [linear, mlp] = found as [(typeof found)[number], (typeof found)[number]];
  const mean = linear.probabilities.map((p, i) => (p + mlp.probabilities[i]!) / 2);
  const truths = examples.truths();
  const tried = [{ name: "mean of both heads", probabilities: mean }, ...found]
    .map(({ name, probabilities }) => ({ probabilities, model: scored(name, probabilities, truths, texts) }))
    .sort((a, b) => a.model.loss - b.model.loss);
  return { probabilities: tried[0]!.probabilities, tried: tried.map((one) => one.model), linear: linear.probabilities };
}

export const textsIn = (foldOf: Uint8Array, isIn: (fold: number) => boolean): Int32Array =>
  Int32Array.from([...foldOf.keys()].filter((i) => isIn(foldOf[i]!)));

/** Puts the rows of some texts at their places. */
export function spread(rows: Float32Array, texts: Int32Array, width: number, into: Float32Array): void {
  for (const [k, text] of texts.entries()) into.set(rows.subarray(k * width, (k + 1) * width), text * width);
}

/** The rows of some texts, one after the other. */
export function rowsOf(all: Float32Array, texts: Int32Array, width: number): Float32Array {
  const rows = new Float32Array(texts.length * width);
  for (const [k, text] of texts.entries()) rows.set(all.subarray(text * width, (text + 1) * width), k * width);
  return rows;
}

/** Logits [texts, labels] as probabilities: of one label for each text, or of each label by itself. */
export function asProbabilities(logits: Float32Array, labelCount: number, multiLabel: boolean): Float32Array {
  if (multiLabel) return logits.map((x) => 1 / (1 + Math.exp(-x)));
  const found = new Float32Array(logits.length);
  for (let from = 0; from < logits.length; from += labelCount) {
    const row = logits.subarray(from, from + labelCount);
    const top = row.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (const x of row) sum += Math.exp(x - top);
    for (let k = 0; k < labelCount; k++) found[from + k] = Math.exp(row[k]! - top) / sum;
  }
  return found;
}

/** Log loss and accuracy against the given labels. */
export function scored(
  name: string,
  probabilities: Float32Array,
  truths: readonly Truth[],
  { labels, multiLabel }: AuditedTexts,
): TriedModel {
  // Of these logits the probabilities are again the same.
  const logits = multiLabel ? probabilities.map((p) => Math.log(p / (1 - p))) : probabilities.map(Math.log);
  const { loss, accuracy } = metricsOf(logits, truths, labels, multiLabel ? evenThresholds(labels.length) : undefined);
  return { name, loss, accuracy };
}
