/** Weights in 8 bits: each row's largest magnitude becomes `largest`, everything else a whole number of steps. */
import type { Int8Form } from "../graph/int8-products.ts";
import { ScratchMemory } from "./memory.ts";

/** The bytes of a weight [out, in] in a form, and the scale of each `out`. */
export interface Int8Weight {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Numbers that the kernel gets at a time. */
const CHUNK_FLOATS = 2 ** 18;
/** Columns that are turned at a time: their rows stay in the cache. */
const BLOCK = 64;

/** Rounds weights, through memory of its own. */
export class WeightQuantizer {
  readonly #scratch = new ScratchMemory();

  /** Fills `into` with `weight`, whose rows have `width` numbers. */
  quantize(weight: Float32Array, width: number, form: Int8Form, largest: number, into: Int8Weight): void {
    const rows = into.scales.length;
    const atOnce = Math.max(1, Math.floor(CHUNK_FLOATS / width));
    for (let first = 0; first < rows; first += atOnce) {
      const count = Math.min(atOnce, rows - first);
      const [floats, bytes] = [count * width, Math.ceil((count * width) / 4)];
      const { kernels, arrays } = this.#scratch.blocks([[floats, bytes, count]])[0]!;
      const [x, room, scales] = arrays as [Float32Array, Float32Array, Float32Array];
      const values = new Int8Array(room.buffer, room.byteOffset, floats);
      x.set(weight.subarray(first * width, first * width + floats));
      kernels.quantizeRows(x, values, scales, largest);
      into.scales.set(scales, first);
      if (form === "int8") into.values.set(values, first * width);
      else turn(values, width, into.values, rows, first);
    }
  }
}

/** Writes rows as columns, from column `first` of `columns` on. */
function turn(values: Int8Array, width: number, into: Int8Array, columns: number, first: number): void {
  const rows = values.length / width;
  for (let from = 0; from < rows; from += BLOCK)
    for (let k = 0; k < width; k++)
      for (let row = from; row < Math.min(from + BLOCK, rows); row++)
        into[k * columns + first + row] = values[row * width + k]!;
}
