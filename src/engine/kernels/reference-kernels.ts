/**
 * The kernels in plain TypeScript: the same operations on float32 in the same order, so the results are equal bit for
 * bit. The oracle of the WebAssembly ones, and what runs where there is no SIMD.
 */
import { GOLDEN, mix32 } from "../../base/random.ts";
import type { Kernels } from "./kernels.ts";

const f = Math.fround;
const SMALLEST_NORMAL = 2 ** -126;

export const referenceKernels: Kernels = {
  adamw(p, m, v, g, step) {
    const [scale, b1, c1, b2, c2] = [step.gradientScale, step.beta1, 1 - step.beta1, step.beta2, 1 - step.beta2].map(f);
    const [size, decay, root, epsilon] = [step.stepSize, step.decay, step.inverseRootBias2, step.epsilon].map(f);
    for (let i = 0; i < p.length; i++) {
      const gradient = f(g[i]! * scale!);
      let mi = f(f(m[i]! * b1!) + f(gradient * c1!));
      if (Math.abs(mi) < SMALLEST_NORMAL) mi = 0;
      let vi = f(f(v[i]! * b2!) + f(f(gradient * gradient) * c2!));
      if (vi < SMALLEST_NORMAL) vi = 0;
      m[i] = mi;
      v[i] = vi;
      p[i] = f(f(p[i]! * decay!) - f(f(mi * size!) / f(f(f(Math.sqrt(vi)) * root!) + epsilon!)));
    }
  },

  adamwRows({ p, m, v, sums, zeros, rows, places, width }, step) {
    const rowOf = (array: Float32Array, row: number) => array.subarray(row * width, (row + 1) * width);
    for (const [i, row] of rows.entries()) {
      const moments = m.length === width ? 0 : i;
      const gradient = places[row]! < 0 ? zeros : rowOf(sums, places[row]!);
      referenceKernels.adamw(rowOf(p, row), rowOf(m, moments), rowOf(v, moments), gradient, step);
    }
  },

  sumOfSquares(x) {
    const sums = new Float64Array(8);
    const grouped = x.length - (x.length % 8);
    let rest = 0;
    for (let i = 0; i < grouped; i++) sums[i & 7]! += x[i]! * x[i]!;
    for (let i = grouped; i < x.length; i++) rest += x[i]! * x[i]!;
    const lane = (k: number) => sums[k]! + sums[k + 2]! + (sums[k + 4]! + sums[k + 6]!);
    return lane(0) + lane(1) + rest;
  },

  add(y, x) {
    for (let i = 0; i < y.length; i++) y[i] = y[i]! + x[i]!;
  },

  addRows(sums, rows, places, width) {
    for (const [t, place] of places.entries())
      for (let i = 0; i < width; i++) sums[place * width + i] = sums[place * width + i]! + rows[t * width + i]!;
  },

  dropoutMask(y, key, threshold) {
    for (let i = 0; i < y.length; i += 2) {
      const hash = mix32(Math.imul(i >> 1, GOLDEN) ^ key);
      y[i] = Number((hash & 0xffff) >= threshold);
      y[i + 1] = Number(hash >>> 16 >= threshold);
    }
  },

  quantizeRows(x, values, scales, largest) {
    const width = x.length / scales.length;
    for (let row = 0, i = 0; row < scales.length; row++) {
      let top = 0;
      for (let k = 0; k < width; k++) top = Math.max(top, Math.abs(x[i + k]!));
      scales[row] = top / f(largest);
      const scale = scales[row] || 1;
      for (const end = i + width; i < end; i++)
        values[i] = Math.max(-128, Math.min(127, roundHalfToEven(f(x[i]! / scale))));
    }
  },
};

/** Adding and taking away 1.5 · 2^52 rounds to whole numbers as float64 itself rounds. */
const roundHalfToEven = (x: number): number => x + 6755399441055744 - 6755399441055744;
