/**
 * Memory for weights, gradients and optimizer state: WebAssembly memories, so that the kernels and ONNX Runtime work on
 * the same bytes. Pages that nothing has touched yet take no physical memory.
 */
import { AttuneError } from "../base/error.ts";
import { type KernelCalls, type Kernels, kernelCallsOn, kernelsOf } from "./kernels/kernels.ts";

const PAGE_BYTES = 65536;
/** One page less than the 4 GiB that 32-bit addresses reach. */
const MAX_MEMORY_BYTES = 65535 * PAGE_BYTES;
const ALIGNMENT_BYTES = 64;

/** Arrays that one kernel call may use together. */
export interface Block extends OnMemory {
  readonly arrays: readonly Float32Array[];
}

interface OnMemory {
  readonly kernels: Kernels;
  /** The kernels as calls that a worker pool makes. */
  readonly calls: KernelCalls;
}

interface Memory extends OnMemory {
  readonly memory: WebAssembly.Memory;
}

export interface MemoryOptions {
  /** The most bytes of one memory. @default nearly 4 GiB */
  readonly limit?: number | undefined;
  /** Whether threads share it. @default false */
  readonly shared?: boolean;
}

const alignedBytes = (floats: number): number => Math.ceil((floats * 4) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;

/**
 * Allocates one block per entry of `sizes` (lengths of its arrays, in floats), zeroed. A block lies in one memory; as
 * many memories are made as are needed.
 */
export function allocateBlocks(
  sizes: readonly (readonly number[])[],
  { limit = MAX_MEMORY_BYTES, shared = false }: MemoryOptions = {},
): Block[] {
  const { places, used } = place(
    sizes,
    limit,
    "one parameter and its state need more than 4 GiB: take a smaller --batch-size, --max-length or model",
  );
  const memories = used.map((bytes) => newMemory(bytes, shared, pagesOf(bytes)));
  return viewsOf(sizes, places, memories);
}

/** Memory that is filled anew at every step and only ever grows: dropout masks. */
export class ScratchMemory {
  readonly #limit: number;
  readonly #shared: boolean;
  readonly #memories: Memory[] = [];

  constructor({ limit = MAX_MEMORY_BYTES, shared = false }: MemoryOptions = {}) {
    this.#limit = limit;
    this.#shared = shared;
  }

  /** Blocks as of `allocateBlocks`, but not zeroed; those of the call before are no longer valid. */
  blocks(sizes: readonly (readonly number[])[]): Block[] {
    const tooLarge = "one dropout mask needs more than 4 GiB: take a smaller --batch-size or --max-length";
    const { places, used } = place(sizes, this.#limit, tooLarge);
    for (const [i, bytes] of used.entries()) {
      const found = this.#memories[i];
      if (found) grow(found.memory, bytes);
      else this.#memories.push(newMemory(bytes, this.#shared));
    }
    return viewsOf(sizes, places, this.#memories);
  }
}

/** In which memory each block goes, and where it begins there: in the first that has room. */
function place(sizes: readonly (readonly number[])[], limit: number, tooLarge: string) {
  const used: number[] = [];
  const places = sizes.map((block) => {
    const size = block.reduce((total, floats) => total + alignedBytes(floats), 0);
    if (size > limit) throw new AttuneError("engine/too-large", tooLarge, "failure");
    let memory = used.findIndex((already) => already + size <= limit);
    if (memory < 0) memory = used.push(0) - 1;
    const offset = used[memory]!;
    used[memory] = offset + size;
    return { memory, offset };
  });
  return { places, used };
}

function viewsOf(
  sizes: readonly (readonly number[])[],
  places: readonly { readonly memory: number; readonly offset: number }[],
  memories: readonly Memory[],
): Block[] {
  return sizes.map((block, i) => {
    const { memory, kernels, calls } = memories[places[i]!.memory]!;
    let at = places[i]!.offset;
    const arrays = block.map((floats) => {
      const array = new Float32Array(memory.buffer, at, floats);
      at += alignedBytes(floats);
      return array;
    });
    return { kernels, calls, arrays };
  });
}

const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / PAGE_BYTES));

function newMemory(bytes: number, shared: boolean, maximum = MAX_MEMORY_BYTES / PAGE_BYTES): Memory {
  return reserving(bytes, () => {
    const memory = new WebAssembly.Memory({ initial: pagesOf(bytes), maximum, shared });
    const calls = kernelCallsOn(memory);
    return { memory, calls, kernels: kernelsOf(calls) };
  });
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = pagesOf(bytes) - memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) reserving(bytes, () => memory.grow(missing));
}

function reserving<T>(bytes: number, reserve: () => T): T {
  try {
    return reserve();
  } catch (cause) {
    const size = Math.ceil(bytes / 2 ** 20);
    const message = `cannot reserve ${size} MB for weights, state or masks; lift a limit on memory (ulimit -v), or take a smaller --batch-size or model`;
    throw new AttuneError("engine/out-of-memory", message, "failure", { cause });
  }
}
