/** The kernels as functions on typed arrays, in WebAssembly; `reference-kernels.ts` is the same in TypeScript. */
import { moduleBase64, sharedModuleBase64 } from "./module.generated.ts";

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
  /** Fills y, whose length is a multiple of 8, with 0 or 1; an element is 0 with probability threshold / 65536. */
  dropoutMask(y: Uint8Array, key: number, threshold: number): void;
  /**
   * Rows of x as bytes: each is divided by its scale, which makes its largest magnitude `largest`, and rounded half to even. A
   * row of zeros has the scale 0, so that in a product where scales go to the other factor it takes no precision from others.
   */
  quantizeRows(x: Float32Array, values: Int8Array, scales: Float32Array, largest: number): void;
}

/** The kernels' names and what they are called with: pointers in bytes, counts in elements, numbers. */
type KernelExports = Readonly<Record<keyof Kernels, (...args: number[]) => number>>;

/** A call that is still to be made, here or on another thread. */
export interface KernelCall {
  readonly memory: WebAssembly.Memory;
  readonly kernel: keyof Kernels;
  readonly args: readonly number[];
  /** How much there is to do: floats that AdamW would read or write in that time. */
  readonly floats: number;
  /** Makes the call on this thread; what a kernel returns that returns something. */
  run(): number;
}

/** The kernels as calls that are still to be made. */
export type KernelCalls = {
  readonly [Name in keyof Kernels]: (...args: Parameters<Kernels[Name]>) => KernelCall;
};

const modules = new Map<boolean, WebAssembly.Module>();

/** The compiled kernels; for memory that threads share, they are another module. */
export function kernelModule(isShared: boolean): WebAssembly.Module {
  let module = modules.get(isShared);
  if (!module) {
    const text = atob(isShared ? sharedModuleBase64 : moduleBase64);
    module = new WebAssembly.Module(Uint8Array.from(text, (byte) => byte.charCodeAt(0)));
    modules.set(isShared, module);
  }
  return module;
}

export const isShared = (memory: WebAssembly.Memory): boolean => !(memory.buffer instanceof ArrayBuffer);

/** Calls of kernels on arrays in `memory`. */
export function kernelCallsOn(memory: WebAssembly.Memory): KernelCalls {
  const wasm = new WebAssembly.Instance(kernelModule(isShared(memory)), { host: { memory } })
    .exports as unknown as KernelExports;
  const call = (kernel: keyof Kernels, floats: number, ...args: number[]): KernelCall => ({
    memory,
    kernel,
    args,
    floats,
    run: () => wasm[kernel](...args),
  });
  return {
    adamw: (p, m, v, g, step) => {
      const pointers = [p, m, v, g].map((array) => array.byteOffset);
      return call("adamw", 7 * p.length, ...pointers, p.length, ...numbersOf(step));
    },
    adamwRows: ({ p, m, v, sums, zeros, rows, places, width }, step) => {
      const pointers = [p, m, v, sums, zeros, rows].map((array) => array.byteOffset);
      const stride = m.length === width ? 0 : width;
      const rest = [rows.length, places.byteOffset, width, stride, ...numbersOf(step)];
      return call("adamwRows", 7 * rows.length * width, ...pointers, ...rest);
    },
    sumOfSquares: (x) => call("sumOfSquares", 2 * x.length, x.byteOffset, x.length),
    add: (y, x) => call("add", 3 * y.length, y.byteOffset, x.byteOffset, y.length),
    addRows: (sums, rows, places, width) => {
      const pointers = [sums, rows, places].map((array) => array.byteOffset);
      return call("addRows", 3 * places.length * width, ...pointers, places.length, width);
    },
    dropoutMask: (y, key, threshold) => call("dropoutMask", 3 * y.length, y.byteOffset, y.length, key, threshold),
    quantizeRows: (x, values, scales, largest) => {
      const pointers = [x, values, scales].map((array) => array.byteOffset);
      return call("quantizeRows", 3 * x.length, ...pointers, scales.length, x.length / scales.length, largest);
    },
  };
}

/** The kernels on arrays in the memory of `calls`, each call made at once. */
export function kernelsOf(calls: KernelCalls): Kernels {
  return {
    adamw: (...args) => void calls.adamw(...args).run(),
    adamwRows: (...args) => void calls.adamwRows(...args).run(),
    sumOfSquares: (...args) => calls.sumOfSquares(...args).run(),
    add: (...args) => void calls.add(...args).run(),
    addRows: (...args) => void calls.addRows(...args).run(),
    dropoutMask: (...args) => void calls.dropoutMask(...args).run(),
    quantizeRows: (...args) => void calls.quantizeRows(...args).run(),
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
