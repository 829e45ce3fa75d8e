/**
 * Memory for weights, gradients and optimizer state: WebAssembly memories, so that the kernels and ONNX Runtime work on
 * the same bytes. Pages that nothing has touched yet take no physical memory.
 */
import { AttuneError } from "../base/error.ts";
import { type Kernels, kernelsOn } from "./kernels/kernels.ts";

const PAGE_BYTES = 65536;
/** One page less than the 4 GiB that 32-bit addresses reach. */
const MAX_MEMORY_BYTES = 65535 * PAGE_BYTES;
const ALIGNMENT_BYTES = 64;

/** Arrays that one kernel call may use together. */
export interface Block {
  readonly kernels: Kernels;
  readonly arrays: readonly Float32Array[];
}

const alignedBytes = (floats: number): number => Math.ceil((floats * 4) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

/**
 * Allocates one block per entry of `sizes` (lengths of its arrays, in floats), zeroed. A block lies in one memory; as
 * many memories are made as are needed.
 */
export function allocateBlocks(sizes: readonly (readonly number[])[]): Block[] {
  const bytes = sizes.map((block) => block.reduce((total, floats) => total + alignedBytes(floats), 0));
  const placed: { memory: number; offset: number }[] = [];
  const used: number[] = [];
  for (const size of bytes) {
    if (size > MAX_MEMORY_BYTES)
      throw new AttuneError("engine/too-large", "one parameter and its state need more than 4 GiB", "failure");
    let memory = used.findIndex((already) => already + size <= MAX_MEMORY_BYTES);
    if (memory < 0) memory = used.push(0) - 1;
    placed.push({ memory, offset: used[memory]! });
    used[memory]! += size;
  }
  const memories = used.map((size) => newMemory(size));
  return sizes.map((block, i) => {
    const { memory, offset } = placed[i]!;
    let at = offset;
    const arrays = block.map((floats) => {
      const array = new Float32Array(memories[memory]!.memory.buffer, at, floats);
      at += alignedBytes(floats);
      return array;
    });
    return { kernels: memories[memory]!.kernels, arrays };
  });
}

function newMemory(bytes: number): { memory: WebAssembly.Memory; kernels: Kernels } {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return { memory, kernels: kernelsOn(memory) };
  } catch (cause) {
    const size = (bytes / 2 ** 30).toFixed(1);
    throw new AttuneError("engine/out-of-memory", `cannot reserve ${size} GiB for weights and state`, "failure", {
      cause,
    });
  }
}

/** Memory that is filled anew at every step and only ever grows: dropout masks, padded batches. */
export class ScratchMemory {
  #memory = new WebAssembly.Memory({ initial: 1 });
  #kernels = kernelsOn(this.#memory);

  /** Arrays of the given lengths; those of the call before are no longer valid. */
  arrays(lengths: readonly number[]): Block {
    const bytes = lengths.reduce((total, floats) => total + alignedBytes(floats), 0);
    const missing = Math.ceil(bytes / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.#memory.grow(missing);
    let at = 0;
    const arrays = lengths.map((floats) => {
      const array = new Float32Array(this.#memory.buffer, at, floats);
      at += alignedBytes(floats);
      return array;
    });
    return { kernels: this.#kernels, arrays };
  }
}
