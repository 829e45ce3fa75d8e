/** `attune/graph`: programs as values, their derivatives, and one way to run them. */
export { type RunProgramOptions, run, type Values } from "./engine/run-program.ts";
export type { Dim, Shape } from "./graph/dim.ts";
export { gradients } from "./graph/gradients.ts";
export { crossEntropy, gelu, geluTanh, linear, quickGelu, silu } from "./graph/nn.ts";
export { toOnnx } from "./graph/onnx.ts";
export {
  add,
  div,
  equal,
  erf,
  exp,
  log,
  mul,
  neg,
  relu,
  scale,
  sigmoid,
  sign,
  sqrt,
  stopGradient,
  sub,
  tanh,
} from "./graph/ops/elementwise.ts";
export { gatherRows, scatterAddRows } from "./graph/ops/indexing.ts";
export { constant, input } from "./graph/ops/leaf.ts";
export { affine, matMul, product, swapLast } from "./graph/ops/linalg.ts";
export { layerNorm, logSoftmax, max, mean, softmax, sum } from "./graph/ops/reduce.ts";
export { broadcastLike, concat, reshape, slice, transpose } from "./graph/ops/shape.ts";
export { printProgram } from "./graph/print.ts";
export type { DType, HostTensor, Tensor } from "./graph/tensor.ts";
