/** Errors of linear heads that have learned from parts of the data, for the learning curve. */
import type { LearningCurve } from "./audit-result.ts";
import type { AuditedTexts } from "./audited-texts.ts";
import { openFeatureHead } from "./feature-heads.ts";
import { curveSizes, learningCurve, partOf } from "./learning-curve.ts";
import { asProbabilities, type FoldContext, type OutOfFold, rowsOf, scored, textsIn } from "./out-of-fold.ts";
import type { TextFeatures } from "./text-features.ts";

/** How often `onFold` is called. */
export const curveFolds = (texts: AuditedTexts, folds: number, { linear }: Pick<OutOfFold, "linear">): number =>
  folds * Math.max(0, (sizesFor(texts, folds)?.length ?? 0) - (linear ? 1 : 0));

/**
 * Where there are enough texts for one: each fold answered by heads that have learned from parts of the others. From all of
 * the others one has learned before, where `linear` has its probabilities.
 */
export async function measureCurve(
  texts: AuditedTexts,
  features: TextFeatures,
  { engine, model, foldOf, folds, seed, signal, onFold }: FoldContext,
  { linear }: Pick<OutOfFold, "linear">,
): Promise<LearningCurve | undefined> {
  const sizes = sizesFor(texts, folds);
  if (!sizes) return undefined;
  const { examples, labels, multiLabel } = texts;
  const truths = examples.truths();
  const head = await openFeatureHead("linear", texts, features, model, engine);
  try {
    const points = sizes.map((size) => ({ texts: size, errors: [] as number[] }));
    for (let fold = 0; fold < folds; fold++) {
      const [others, answer] = [textsIn(foldOf, (one) => one !== fold), textsIn(foldOf, (one) => one === fold)];
      const own = Array.from(answer, (i) => truths[i]!);
      for (const point of points) {
        const isWhole = point === points.at(-1);
        let probabilities: Float32Array;
        if (isWhole && linear) probabilities = rowsOf(linear, answer, labels.length);
        else {
          const learn = partOf(others, point.texts, seed, fold);
          const logits = await head.logitsOf({ learn, answer, seed, signal });
          probabilities = asProbabilities(logits, labels.length, multiLabel);
          onFold();
        }
        point.errors.push(1 - scored("", probabilities, own, texts).accuracy);
      }
    }
    return learningCurve(points, seed);
  } finally {
    await head.dispose();
  }
}

/** The smallest fold's others are the most that all folds can learn from. */
const sizesFor = ({ examples, labels }: AuditedTexts, folds: number): number[] | undefined =>
  curveSizes(Math.floor(examples.length * (1 - 1 / folds)) - folds, labels.length);
