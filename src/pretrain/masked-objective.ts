/** What pre-training makes small: the cross-entropy of masked tokens, and the distance from a teacher's embeddings. */

import { crossEntropy } from "../graph/nn.ts";
import { add, div, mul, scale, sqrt, sub } from "../graph/ops/elementwise.ts";
import { gatherRows } from "../graph/ops/indexing.ts";
import { constant, input } from "../graph/ops/leaf.ts";
import { product } from "../graph/ops/linalg.ts";
import { sum } from "../graph/ops/reduce.ts";
import { pruneRows } from "../graph/row-pruning.ts";
import type { Tensor } from "../graph/tensor.ts";
import { rowAxes } from "../models/batch.ts";
import type { Encoded, Encoder, Parameter } from "../models/encoder.ts";
import { meanOfTokens } from "../models/head.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { Scope } from "../models/scope.ts";
import { LOSS_WEIGHT, TARGETS } from "../train/program.ts";

/** [masked] the packed tokens to be guessed. */
export const MASKED = "maskedToken";
/** [batch, width] the teacher's embeddings, each of length 1. */
export const TEACHER = "teacher";
/** One part of the mean over texts. */
export const TEXT_WEIGHT = "textWeight";

/** Takes a text's mean hidden state to the teacher's space; only there during training. */
const PROJECTION = "distillation.projection.weight";

export interface Teaching {
  /** Width of the teacher's embeddings. */
  readonly width: number;
  /** Of the distance, against the cross-entropy. */
  readonly weight: number;
}

/** The parameter that a teacher adds. */
export const projectionOf = ({ width }: Teaching, hiddenSize: number): Parameter => ({
  name: PROJECTION,
  shape: [width, hiddenSize],
  kind: "weight",
  part: "adapter",
});

export interface Losses {
  /** Mean cross-entropy of the masked tokens. */
  readonly masked: Tensor;
  /** Mean of 1 - cosine between a text's projected mean hidden state and the teacher's embedding of it. */
  readonly distance?: Tensor;
}

/** Both losses over one forward pass. */
export function losses(model: LanguageModel, scope: Scope, teaching?: Teaching): Losses {
  const encoder = model.encoder as Encoder;
  const encoded = encoder.encode(scope);
  const logits = model.guess(scope, gatherRows(encoded.hidden, input(MASKED, "int32", ["masked"])));
  const wanted = pruneRows(
    {
      logits,
      ...(teaching && { distance: distance(encoder, scope, encoded, teaching) }),
    },
    rowAxes,
  );
  const targets = input(TARGETS, "float32", ["masked", encoder.vocabularySize]);
  return {
    masked: crossEntropy(wanted.logits!, targets, input(LOSS_WEIGHT, "float32", [])),
    ...(wanted.distance && { distance: wanted.distance }),
  };
}

/** The sum that training makes small. */
export function objective({ masked, distance }: Losses, teaching?: Teaching): Tensor {
  return distance ? add(masked, scale(distance, teaching!.weight)) : masked;
}

function distance(encoder: Encoder, scope: Scope, encoded: Encoded, { width }: Teaching): Tensor {
  const own = product(meanOfTokens(encoder, encoded), scope.parameter(PROJECTION), { transB: true }); // [batch, width]
  const teacher = input(TEACHER, "float32", ["batch", width]);
  const length = sqrt(add(sum(mul(own, own), [1]), constant(1e-12)));
  const cosine = div(sum(mul(own, teacher), [1]), length);
  return mul(sum(sub(constant(1), cosine), [0]), input(TEXT_WEIGHT, "float32", []));
}
