/** What a classifier is trained for: its loss, and how the labels of texts become targets. */

import { float32 } from "../engine/engine-tensors.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { Truth } from "../tables/dataset.ts";

export interface Objective {
  readonly labelCount: number;
  /** A text may have any number of labels, so that each is a yes or no of its own. */
  readonly multiLabel: boolean;
  /**
   * How much texts of a label count, as `weight` of PyTorch's CrossEntropyLoss; with several labels a text, how much having
   * a label counts against not having it, as `pos_weight` of its BCEWithLogitsLoss.
   */
  readonly weights?: readonly number[];
  /** Share of the target that is spread over all labels. */
  readonly smoothing: number;
}

/** Every text and every label counts alike. */
export const plainObjective = (labelCount: number, multiLabel = false): Objective => ({
  labelCount,
  multiLabel,
  smoothing: 0,
});

/** Targets of a batch and the factor of its loss, by which the loss becomes a mean. */
export function targetsOf(
  truths: readonly Truth[],
  objective: Objective,
): { readonly targets: HostTensor; readonly factor: number } {
  return objective.multiLabel
    ? answers(truths as readonly (readonly number[])[], objective)
    : classes(truths as readonly number[], objective);
}

/**
 * [texts, labels]; as PyTorch has it, the mean divides by the sum of the texts' weights, also where targets are smoothed. Of a
 * batch whose texts all have the weight 0, PyTorch makes NaN; here it teaches nothing.
 */
function classes(truths: readonly number[], { labelCount, weights, smoothing }: Objective) {
  const targets = new Float32Array(truths.length * labelCount);
  let sum = 0;
  for (const [row, label] of truths.entries()) {
    for (let k = 0; smoothing > 0 && k < labelCount; k++)
      targets[row * labelCount + k] = (smoothing / labelCount) * (weights?.[k] ?? 1);
    targets[row * labelCount + label]! += (1 - smoothing) * (weights?.[label] ?? 1);
    sum += weights?.[label] ?? 1;
  }
  return { targets: float32(targets, [truths.length, labelCount]), factor: sum > 0 ? 1 / sum : 0 };
}

/** [texts, labels, yes and no]; the mean is over texts and labels. */
function answers(truths: readonly (readonly number[])[], { labelCount, weights, smoothing }: Objective) {
  const targets = new Float32Array(truths.length * labelCount * 2);
  for (const [row, labels] of truths.entries())
    for (let k = 0; k < labelCount; k++) {
      const yes = (labels.includes(k) ? 1 - smoothing : 0) + smoothing / 2;
      const at = (row * labelCount + k) * 2;
      targets[at] = yes * (weights?.[k] ?? 1);
      targets[at + 1] = 1 - yes;
    }
  return { targets: float32(targets, [truths.length, labelCount, 2]), factor: 1 / (truths.length * labelCount) };
}
