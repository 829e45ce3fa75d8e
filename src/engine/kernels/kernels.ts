/** The kernels as functions on typed arrays, in WebAssembly; `twin.ts` is the same in TypeScript. */
import { moduleBase64 } from "./module.generated.ts";

/** AdamW's numbers for one step, each already rounded to float32. */
export interface AdamWStep {
  /** Multiplies the gradient first: clipping and accumulation. */
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** rate / (1 - β1^t) */
  readonly stepSize: number;
  /** 1 - rate · weight decay */
  readonly decay: number;
  /** 1 / √(1 - β2^t) */
  readonly inverseRootBias2: number;
  readonly epsilon: number;
}

/** A table of which a step updates some rows. */
export interface TableRows {
  /** Weights, [rows, width]. */
  readonly p: Float32Array;
  /** Moments of `rows`, in their order, or one row that all share and that stays zero. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Gradients by place, [places, width]. */
  readonly sums: Float32Array;
  /** A gradient of zeros, [width]. */
  readonly zeros: Float32Array;
  /** The rows to update. */
  readonly rows: Int32Array;
  /** Row → its place in `sums`, or -1 for a gradient of zeros. */
  readonly places: Int32Array;
  readonly width: number;
}

/** All arrays of one call lie in the same memory. */
export interface Kernels {
  adamw(p: Float32Array, m: Float32Array, v: Float32Array, g: Float32Array, step: AdamWStep): void;
  adamwRows(table: TableRows, step: AdamWStep): void;
  /** Σ x², accumulated in float64 in a fixed order. */
  sumOfSquares(x: Float32Array): number;
  /** y ← y + x */
  add(y: Float32Array, x: Float32Array): void;
  /** Adds row t of `rows` to row places[t] of `sums`, for t = 0, 1, …; both have rows of `width`. */
  addRows(sums: Float32Array, rows: Float32Array, places: Int32Array, width: number): void;
  /** Fills y, whose length is a multiple of 8, with 0 or `scale`; an element is 0 with probability threshold / 65536. */
  dropoutMask(y: Float32Array, key: number, threshold: number, scale: number): void;
}

type Exports = {
  adamw(...args: number[]): void;
  adamwRows(...args: number[]): void;
  sumOfSquares(x: number, count: number): number;
  add(y: number, x: number, count: number): void;
  addRows(sums: number, rows: number, places: number, count: number, width: number): void;
  dropoutMask(y: number, count: number, key: number, threshold: number, scale: number): void;
};

let compiled: WebAssembly.Module | undefined;

/** Kernels that work on arrays in `memory`. */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(moduleBase64, "base64"));
  const wasm = new WebAssembly.Instance(compiled, { host: { memory } }).exports as Exports;
  return {
    adamw: (p, m, v, g, step) =>
      wasm.adamw(p.byteOffset, m.byteOffset, v.byteOffset, g.byteOffset, p.length, ...numbersOf(step)),
    adamwRows: ({ p, m, v, sums, zeros, rows, places, width }, step) => {
      const pointers = [p, m, v, sums, zeros, rows].map((array) => array.byteOffset);
      const stride = m.length === width ? 0 : width;
      wasm.adamwRows(...pointers, rows.length, places.byteOffset, width, stride, ...numbersOf(step));
    },
    sumOfSquares: (x) => wasm.sumOfSquares(x.byteOffset, x.length),
    add: (y, x) => wasm.add(y.byteOffset, x.byteOffset, y.length),
    addRows: (sums, rows, places, width) =>
      wasm.addRows(sums.byteOffset, rows.byteOffset, places.byteOffset, places.length, width),
    dropoutMask: (y, key, threshold, scale) => wasm.dropoutMask(y.byteOffset, y.length, key, threshold, scale),
  };
}

const numbersOf = (s: AdamWStep): number[] => [
  s.gradientScale,
  s.beta1,
  1 - s.beta1,
  s.beta2,
  1 - s.beta2,
  s.stepSize,
  s.decay,
  s.inverseRootBias2,
  s.epsilon,
];
