/** Weights in 8 bits: each row's largest magnitude becomes `largest`, everything else a whole number of steps. */
import { sizeOf } from "../base/size-of.ts";
import { type Int8Form, int8Inputs } from "../graph/int8-products.ts";
import { float32, type HostTensors } from "./engine-tensors.ts";
import type { KernelCall } from "./kernels/kernels.ts";
import { type Block, ScratchMemory } from "./memory.ts";
import type { StoredParameter } from "./parameter-store.ts";

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

/** The bytes of a trained weight, in the memory of what they are made from: a kernel makes them anew after each update. */
export class TrainedBytes {
  /** As programs read them. */
  readonly tensors: HostTensors;
  readonly rounding: KernelCall;
  /** The block without them. */
  readonly others: Block;

  /** Lengths in floats of the arrays that a block has for them, after all others. */
  static sizes({ shape }: StoredParameter): number[] {
    return [Math.ceil(sizeOf(shape) / 4), shape[0]!];
  }

  constructor({ name, shape, int8 }: StoredParameter, block: Block) {
    const [room, scales] = block.arrays.slice(-2) as [Float32Array, Float32Array];
    const values = new Int8Array(room.buffer, room.byteOffset, sizeOf(shape));
    const named = int8Inputs(name, int8!.form);
    this.tensors = {
      [named.values]: { dtype: "int8", dims: shape, data: values },
      [named.scales]: float32(scales, [shape[0]!]),
    };
    this.others = { ...block, arrays: block.arrays.slice(0, -2) };
    this.rounding = block.calls.quantizeRows(block.arrays[0]!, values, scales, int8!.largest);
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
