/** Layers as functions: what encoders are made of, built from ops. */
import { fromBytes } from "./ops/bytes.ts";
import { add, erfGate, mul, neg, relu, scale, sigmoid, tanh } from "./ops/elementwise.ts";
import { constant } from "./ops/leaf.ts";
import { affine, product } from "./ops/linalg.ts";
import { logSoftmax, sum } from "./ops/reduce.ts";
import { reshape } from "./ops/shape.ts";
import type { Tensor } from "./tensor.ts";

/** x Wᵀ + b, with W as [out, in] like PyTorch; without a bias x Wᵀ. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return bias ? affine(x, weight, bias, { transB: true }) : product(x, weight, { transB: true });
}

/** x Φ(x), Hendrycks and Gimpel 2016 (arXiv 1606.08415), exact. */
export function gelu(x: Tensor): Tensor {
  return scale(erfGate(scale(x, Math.SQRT1_2)), Math.SQRT1_2);
}

/** GELU by the tanh approximation of the same paper. */
export function geluTanh(x: Tensor): Tensor {
  const inner = scale(add(x, scale(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(scale(x, 0.5), add(tanh(inner), constant(1)));
}

/** x σ(x), also called Swish (arXiv 1710.05941). */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/** x σ(1.702 x). */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(scale(x, 1.702)));
}

/** Activations under the names that Transformers' `hidden_act` uses. */
export const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  gelu,
  gelu_python: gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_accurate: geluTanh,
  quick_gelu: quickGelu,
  relu,
  silu,
  swish: silu,
  sigmoid,
  tanh,
  linear: (x) => x,
};

/** x times a mask of bytes 0 and 1, which is made outside so that it can be made again, and its factor 1/(1-rate). */
export function dropout(x: Tensor, mask: Tensor, factor: Tensor): Tensor {
  return mul(x, fromBytes(mask, factor));
}

/**
 * -Σ targets · log softmax(logits), times `weight`. With one-hot targets [batch, labels] and weight 1/batch this is the
 * mean cross-entropy; smoothed or weighted targets need nothing else.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, weight: Tensor): Tensor {
  const axes = logits.shape.map((_, axis) => axis);
  return mul(neg(sum(mul(logSoftmax(logits), targets), axes)), weight);
}

/**
 * [batch, labels] → [batch, labels, 2]: each logit x as the two logits x/2 and -x/2, whose softmax is σ(x) and σ(-x), so
 * that binary cross-entropy is the cross-entropy of yes and no.
 */
export function yesAndNo(logits: Tensor): Tensor {
  return mul(reshape(logits, [...logits.shape, 1]), constant([0.5, -0.5], [2]));
}
