/** Heads that any encoder can take in place of its own: how a text becomes one vector, and how that becomes logits. */
import { gelu, linear } from "../graph/nn.ts";
import { add } from "../graph/ops/elementwise.ts";
import { rowOfEach, toHeads } from "../graph/ops/indexing.ts";
import { matMul, product } from "../graph/ops/linalg.ts";
import { layerNorm, max, softmax } from "../graph/ops/reduce.ts";
import { reshape, slice, transpose } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ownLogits } from "./classification-head.ts";
import type { Encoded, Encoder, Parameter, ParameterKind } from "./encoder.ts";
import { type HeadChoice, isOwnHead, isTransformersHead, type Pooling } from "./head-choice.ts";
import type { LinearSite, Scope } from "./scope.ts";

const ATTENTION = "head.attention.weight";
const DENSE = "head.dense";
const NORM = "head.LayerNorm";
const LAST = { role: "classifier", weight: "classifier.weight", bias: "classifier.bias" } as const satisfies LinearSite;

/** The encoder with another head for `labelCount` labels. */
export function withHead(encoder: Encoder, choice: HeadChoice, labelCount: number): Encoder {
  if (isOwnHead(choice)) return encoder;
  const { hiddenSize, heads } = encoder;
  const [pooling, mlp] = choice.head.split("+") as [Pooling, "mlp" | undefined];
  const width = mlp ? (choice.mlpSize ?? hiddenSize) : hiddenSize;
  const declared = (name: string, shape: readonly number[], kind: ParameterKind): Parameter => ({
    name,
    shape,
    kind,
    part: "classifier",
  });
  const rate = choice.headDropout ?? encoder.classificationHead.dropout;
  if (isTransformersHead(choice))
    return { ...encoder, head: choice, logits: (scope) => ownLogits(encoder, scope, rate) };
  const dense = encoder.classificationHead.dense.module;
  const kept = encoder.parameters.filter(
    ({ name, part }) => part === "encoder" || (pooling === "pooler" && name.startsWith(`${dense}.`)),
  );
  const parameters = [
    ...kept,
    ...(pooling === "attention" ? [declared(ATTENTION, [heads, hiddenSize], "weight")] : []),
    ...(mlp
      ? [
          declared(`${DENSE}.weight`, [width, hiddenSize], "weight"),
          declared(`${DENSE}.bias`, [width], "bias"),
          declared(`${NORM}.weight`, [width], "layerNormWeight"),
          declared(`${NORM}.bias`, [width], "layerNormBias"),
        ]
      : []),
    declared(LAST.weight, [labelCount, width], "weight"),
    declared(LAST.bias, [labelCount], "bias"),
  ];
  return {
    ...encoder,
    head: choice,
    architecture: encoder.bareArchitecture,
    parameters,
    linears: [...encoder.linears.filter(({ weight }) => kept.some(({ name }) => name === weight)), LAST],
    logits: (scope) => {
      const pooled = pool(encoder, scope, encoder.encode(scope), pooling);
      const last = scope.dropout(mlp ? hiddenLayer(scope, pooled) : pooled, rate, "classifier");
      return scope.linear(LAST, last);
    },
  };
}

function hiddenLayer(scope: Scope, x: Tensor): Tensor {
  const dense = linear(x, scope.parameter(`${DENSE}.weight`), scope.parameter(`${DENSE}.bias`));
  return layerNorm(gelu(dense), scope.parameter(`${NORM}.weight`), scope.parameter(`${NORM}.bias`), 1e-12);
}

/** [tokens, hidden] → [batch, hidden] */
function pool(encoder: Encoder, scope: Scope, encoded: Encoded, pooling: Pooling): Tensor {
  const { hidden, batch } = encoded;
  if (pooling === "pooler") return encoder.pool(scope, encoded);
  if (pooling === "cls") return scope.mayFreeze(rowOfEach(hidden, batch.firstToken, scope.pooledPosition));
  const { hiddenSize } = encoder;
  // From the pooled token on: virtual tokens before it are no part of the text.
  const ofText = (x: Tensor, axis: number) =>
    scope.pooledPosition > 0 ? slice(x, axis, scope.pooledPosition, "end") : x;
  const padded = (x: Tensor) => ofText(toHeads(x, batch.fillIndex, batch.unpadIndex, "filled"), 2);
  const bias = ofText(batch.attentionBias, 3);
  const byHead = padded(hidden); // [batch, heads, length of the text, dim]
  if (pooling === "max") {
    // Padding repeats a token, so it must be lowered: otherwise that token's gradient would be shared with it.
    const lowered = add(byHead, transpose(bias, [0, 1, 3, 2]));
    return scope.mayFreeze(reshape(max(lowered, [2]), ["batch", hiddenSize]));
  }
  if (pooling === "mean") return scope.mayFreeze(reshape(matMul(softmax(bias), byHead), ["batch", hiddenSize]));
  const scores = padded(product(hidden, scope.parameter(ATTENTION), { transB: true })); // [batch, heads, length, 1]
  const weights = softmax(add(transpose(scores, [0, 1, 3, 2]), bias)); // [batch, heads, 1, length]
  return reshape(matMul(weights, byHead), ["batch", hiddenSize]);
}

/** The mean of each text's last hidden states, where nothing stands before the texts: [batch, hidden]. */
export function meanOfTokens({ hiddenSize }: Encoder, { hidden, batch }: Encoded): Tensor {
  const byHead = toHeads(hidden, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  return reshape(matMul(softmax(batch.attentionBias), byHead), ["batch", hiddenSize]);
}
