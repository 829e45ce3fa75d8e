/** Kept values of many texts: computed once, held in memory, or in a file where they are too many. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Executable, float32 } from "../engine/engine.ts";
import { evaluateDim } from "../graph/dim.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { Encoder } from "../models/encoder.ts";
import { batchValues, KEPT } from "../models/inputs.ts";
import { batchesByLength, eachBatch, type TokenSource } from "./evaluate.ts";
import type { Kept } from "./kept.ts";

export interface KeptProgram {
  /** Of `Kept.outputs`. */
  readonly executable: Executable;
  readonly encoder: Encoder;
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** Computes them for all texts; above `budgetBytes` they go to a file. */
export async function computeKeptRows(
  { executable, encoder, weights }: KeptProgram,
  { rows, width }: Pick<Kept, "rows" | "width">,
  texts: TokenSource,
  budgetBytes: number,
  signal?: AbortSignal,
): Promise<KeptRows> {
  const found = new KeptRows(rows, width, texts, budgetBytes);
  for await (const { indices, batch } of eachBatch(texts, encoder, signal)) {
    const count = rows === "text" ? batch.sizes.batch : batch.sizes.tokens;
    const values = new Float32Array(count * width);
    const inputs = { ...weights, ...batchValues(batch, encoder.heads) };
    await executable.run(inputs, { [KEPT]: float32(values, [count, width]) });
    let at = 0;
    for (const i of indices) at += found.put(i, values.subarray(at));
  }
  return found;
}

/** Floating-point operations that computing them takes. */
export function keptOperations({ operations }: Kept, { virtual }: Encoder, texts: TokenSource): number {
  return batchesByLength(texts, virtual).reduce((sum, indices) => {
    const lengths = indices.map((i) => virtual.tokens + texts.ids(i).length);
    const tokens = lengths.reduce((a, b) => a + b, 0);
    return sum + evaluateDim(operations, { tokens, batch: indices.length, length: Math.max(...lengths) });
  }, 0);
}

export class KeptRows {
  readonly rows: Kept["rows"];
  readonly width: number;
  /** Where the values of each text begin, and where those of the last one end. */
  readonly #starts: Float64Array;
  readonly #memory: Float32Array | undefined;
  readonly #folder: string | undefined;
  readonly #file: number | undefined;

  constructor(rows: Kept["rows"], width: number, texts: TokenSource, budgetBytes: number) {
    this.rows = rows;
    this.width = width;
    this.#starts = new Float64Array(texts.count + 1);
    for (let i = 0; i < texts.count; i++)
      this.#starts[i + 1] = this.#starts[i]! + width * (rows === "text" ? 1 : texts.ids(i).length);
    const total = this.#starts[texts.count]!;
    if (4 * total <= budgetBytes) this.#memory = new Float32Array(total);
    else {
      this.#folder = mkdtempSync(join(tmpdir(), "attune-kept-"));
      this.#file = openSync(join(this.#folder, "rows"), "w+");
    }
  }

  /** 0 where they are in a file. */
  get memoryBytes(): number {
    return this.#memory?.byteLength ?? 0;
  }

  /** Stores a text's values, which `values` begins with; returns how many they are. */
  put(index: number, values: Float32Array): number {
    const start = this.#starts[index]!;
    const own = values.subarray(0, this.#starts[index + 1]! - start);
    if (this.#memory) this.#memory.set(own, start);
    else transfer(writeSync, this.#file!, own, start);
    return own.length;
  }

  /** The values of some texts, one after the other. */
  gather(indices: readonly number[]): Float32Array {
    const lengths = indices.map((i) => this.#starts[i + 1]! - this.#starts[i]!);
    const gathered = new Float32Array(lengths.reduce((a, b) => a + b, 0));
    let at = 0;
    for (const [k, i] of indices.entries()) {
      const start = this.#starts[i]!;
      const own = gathered.subarray(at, (at += lengths[k]!));
      if (this.#memory) own.set(this.#memory.subarray(start, start + own.length));
      else transfer(readSync, this.#file!, own, start);
    }
    return gathered;
  }

  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    rmSync(this.#folder!, { recursive: true });
  }
}

type Transfer = (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;

/** Reads or writes all of `values`, which stand at the `start`-th float of the file. */
function transfer(move: Transfer, file: number, values: Float32Array, start: number): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let done = 0; done < bytes.length; ) {
    const count = move(file, bytes, done, bytes.length - done, 4 * start + done);
    if (count === 0) throw new Error("the file of kept values became shorter");
    done += count;
  }
}
