/** Weights of products in 8 bits: each column's largest magnitude becomes ±`largest`, everything else a whole number of steps. */
import type { Int8Form } from "../graph/int8-products.ts";

/** A weight in one form, [k, n], and the scale of each column. */
export interface Int8Weight {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Columns that are turned at a time: their rows stay in the cache. */
const BLOCK = 64;

/** Fills `into` with a weight [out, in] in a form: turned, with a scale for each `out`, or as it is, with one for each `in`. */
export function quantizeWeight(
  weight: Float32Array,
  [out, width]: readonly [number, number],
  form: Int8Form,
  largest: number,
  { values, scales }: Int8Weight,
): void {
  if (form === "int8") quantizeColumns(weight, [out, width], largest, { values, scales });
  else turnAndQuantize(weight, [out, width], largest, { values, scales });
}

/** A column of zeros has scale 1. */
const scaleOf = (largestValue: number, largest: number): number => Math.fround(largestValue / largest) || 1;

function quantizeColumns(
  weight: Float32Array,
  [out, width]: readonly [number, number],
  largest: number,
  { values, scales }: Int8Weight,
): void {
  scales.fill(0);
  for (let o = 0, i = 0; o < out; o++)
    for (let k = 0; k < width; k++, i++) scales[k] = Math.max(scales[k]!, Math.abs(weight[i]!));
  for (let k = 0; k < width; k++) scales[k] = scaleOf(scales[k]!, largest);
  for (let o = 0, i = 0; o < out; o++)
    for (let k = 0; k < width; k++, i++) values[i] = Math.round(weight[i]! / scales[k]!);
}

function turnAndQuantize(
  weight: Float32Array,
  [out, width]: readonly [number, number],
  largest: number,
  { values, scales }: Int8Weight,
): void {
  for (let o = 0; o < out; o++) {
    let top = 0;
    for (let i = o * width; i < (o + 1) * width; i++) top = Math.max(top, Math.abs(weight[i]!));
    scales[o] = scaleOf(top, largest);
  }
  for (let first = 0; first < out; first += BLOCK)
    for (let k = 0; k < width; k++)
      for (let o = first; o < Math.min(first + BLOCK, out); o++)
        values[k * out + o] = Math.round(weight[o * width + k]! / scales[o]!);
}
