/**
 * DoRA (Liu et al. 2024, arXiv 2402.09353): LoRA that trains how long each row of a weight is apart from where it points,
 * W' = m ⊙ (W + s B A) / ‖W + s B A‖. As in the paper's section 4.3 and in PEFT, no gradient flows through the lengths.
 */
import { add, div, mul, sqrt, stopGradient, sub } from "../graph/ops/elementwise.ts";
import { affine, product } from "../graph/ops/linalg.ts";
import { sum } from "../graph/ops/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { LinearSite, Scope } from "../models/scope.ts";
import type { AddedParameter } from "./method.ts";

export const MAGNITUDE = ".lora_magnitude_vector";

/** A linear layer's two matrices, and the lengths of the rows that they make with its weight. */
interface Directed {
  readonly site: LinearSite;
  readonly scaling: number;
  readonly a: AddedParameter;
  readonly b: AddedParameter;
  readonly magnitude: AddedParameter;
}

/** Begins as the lengths of the weight's own rows, since B begins at zero. */
export const magnitudeOf = (
  module: string,
  site: LinearSite,
  out: number,
  rest: Pick<AddedParameter, "kind" | "part" | "layer">,
): AddedParameter => ({
  name: `${module}${MAGNITUDE}`,
  shape: [out],
  ...rest,
  start: (array, from) => array.set(rowLengths(from.weights(site.weight), out)),
});

/** What the layer puts out for x, [tokens, out]; `dropped` is x after the dropout of what goes into the matrices. */
export function directedLinear(
  scope: Scope,
  { site, scaling, a, b, magnitude }: Directed,
  x: Tensor,
  dropped: Tensor,
): Tensor {
  const [down, up] = [scope.parameter(a.name), scope.parameter(b.name)];
  const weight = scope.parameter(site.weight);
  const changed = affine(up, down, weight, { alpha: scaling }); // [out, in]
  const lengths = stopGradient(sqrt(sum(mul(changed, changed), [1]))); // [out]
  const factors = div(scope.parameter(magnitude.name), lengths);
  const lowered = product(dropped, down, { transB: true }); // [tokens, rank]
  const scaled = (own: Tensor) => mul(affine(lowered, up, own, { transB: true, alpha: scaling }), factors);
  const y = scope.linear(site, x);
  if (dropped === x) {
    if (site.bias === undefined) return scaled(y);
    const bias = scope.parameter(site.bias);
    return add(scaled(sub(y, bias)), bias);
  }
  // As in PEFT, dropout reaches what is rescaled, and the layer's own output stays whole.
  const own = product(dropped, weight, { transB: true });
  return add(y, sub(scaled(own), own));
}

/** W ← m ⊙ W / ‖W‖ by rows, for a weight that holds s B A already; returns the lengths, with which it can be undone. */
export function rescaleRows(weight: Float32Array, magnitudes: Float32Array): Float64Array {
  const lengths = rowLengths(weight, magnitudes.length);
  scaleRows(weight, (row) => magnitudes[row]! / lengths[row]!, magnitudes.length);
  return lengths;
}

/** Undoes `rescaleRows`. */
export function restoreRows(weight: Float32Array, magnitudes: Float32Array, lengths: Float64Array): void {
  scaleRows(weight, (row) => lengths[row]! / magnitudes[row]!, magnitudes.length);
}

function scaleRows(weight: Float32Array, factorOf: (row: number) => number, rows: number): void {
  const width = weight.length / rows;
  for (let i = 0; i < weight.length; i++) weight[i]! *= factorOf(Math.floor(i / width));
}

function rowLengths(weight: Float32Array, rows: number): Float64Array {
  const width = weight.length / rows;
  return Float64Array.from({ length: rows }, (_, row) =>
    Math.sqrt(weight.subarray(row * width, (row + 1) * width).reduce((total, value) => total + value * value, 0)),
  );
}
