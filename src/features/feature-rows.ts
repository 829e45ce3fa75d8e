/** Frozen features of many texts: computed once, held in memory, or in a file where they are too many. */
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContentStore, OpenValue } from "../base/content-store.ts";
import { readAll, writeAll } from "../base/file-bytes.ts";
import type { Executable } from "../engine/engine.ts";
import { float32 } from "../engine/engine-tensors.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { evaluateDim } from "../graph/dim.ts";
import { batchValues, FROZEN_FEATURES } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
import { batchesByLength, eachBatch, type TokenSource } from "../train/evaluate.ts";
import type { FrozenFeatures } from "../train/frozen-features.ts";

export interface FeatureProgram {
  /** Prepares `FrozenFeatures.outputs`, where they have to be computed. */
  compile(): Promise<Executable>;
  readonly encoder: Encoder;
  /** The encoder's parameters. */
  readonly store: Pick<ParameterStore, "weights" | "host">;
}

export interface FeaturePlace {
  /** Above so many bytes they go to a file. */
  readonly budgetBytes: number;
  /** Where they are looked up, and stored for others. */
  readonly shared?: { readonly store: ContentStore; readonly key: string };
}

/** Values for all texts: those that are stored, or computed, when `onTexts` hears how many there are. */
export async function featureRowsOf(
  program: FeatureProgram,
  features: Pick<FrozenFeatures, "rows" | "width">,
  texts: TokenSource,
  { budgetBytes, shared }: FeaturePlace,
  signal?: AbortSignal,
  onTexts?: (done: number) => void,
): Promise<FeatureRows> {
  const starts = startsOf(features, texts);
  const bytes = 4 * starts[texts.count]!;
  const isSmall = bytes <= budgetBytes;
  const stored = isSmall ? shared?.store.read(shared.key) : shared?.store.open(shared.key);
  if (stored) return new FeatureRows(features, starts, "file" in stored ? stored : new Float32Array(stored.buffer));

  // Tokens are stored, and their time is counted, by themselves.
  for (let i = 0; i < texts.count; i++) texts.ids(i);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const draft = isSmall ? undefined : shared?.store.begin(shared.key, bytes);
  const memory = isSmall ? new Float32Array(bytes / 4) : undefined;
  const found = new FeatureRows(features, starts, memory ?? draft ?? temporaryFile(bytes));
  try {
    await compute(program, found, texts, signal, onTexts);
  } catch (error) {
    found.close();
    throw error;
  }
  if (memory) shared?.store.write(shared.key, new Uint8Array(memory.buffer), seconds());
  draft?.finish(seconds());
  return found;
}

async function compute(
  { compile, encoder, store }: FeatureProgram,
  into: FeatureRows,
  texts: TokenSource,
  signal?: AbortSignal,
  onTexts?: (done: number) => void,
): Promise<void> {
  // The program is used once, so it need not outlive that.
  const executable = await compile();
  let done = 0;
  try {
    for await (const { indices, batch } of eachBatch(texts, encoder, signal)) {
      const count = into.rows === "text" ? batch.sizes.batch : batch.sizes.tokens;
      const values = new Float32Array(count * into.width);
      const inputs = { ...store.weights, ...batchValues(batch, encoder) };
      await executable.run(inputs, { [FROZEN_FEATURES]: float32(values, [count, into.width]) });
      let at = 0;
      for (const i of indices) at += into.put(i, values.subarray(at));
      onTexts?.((done += indices.length));
    }
  } finally {
    await executable.dispose();
  }
}

/** Floating-point operations that computing them takes. */
export function featureOperations({ operations }: FrozenFeatures, { virtual }: Encoder, texts: TokenSource): number {
  return batchesByLength(texts, virtual).reduce((sum, indices) => {
    const lengths = indices.map((i) => virtual.tokens + texts.ids(i).length);
    const tokens = lengths.reduce((a, b) => a + b, 0);
    return sum + evaluateDim(operations, { tokens, batch: indices.length, length: Math.max(...lengths) });
  }, 0);
}

/** In floats, where the values of each text begin, and where those of the last one end. */
function startsOf({ rows, width }: Pick<FrozenFeatures, "rows" | "width">, texts: TokenSource): Float64Array {
  const starts = new Float64Array(texts.count + 1);
  for (let i = 0; i < texts.count; i++)
    starts[i + 1] = starts[i]! + width * (rows === "text" ? 1 : texts.ids(i).length);
  return starts;
}

/** Has no name once it is open, where the system allows that: then nothing is left of it, however the process ends. */
function temporaryFile(bytes: number): OpenValue {
  const folder = mkdtempSync(join(tmpdir(), "attune-frozen-features-"));
  const file = openSync(join(folder, "rows"), "wx+");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const isRemoved = process.platform !== "win32";
  if (isRemoved) remove();
  const close = () => {
    closeSync(file);
    if (!isRemoved) remove();
  };
  return { file, offset: 0, bytes, close };
}

export class FeatureRows {
  readonly rows: FrozenFeatures["rows"];
  readonly width: number;
  readonly #starts: Float64Array;
  readonly #place: Float32Array | OpenValue;

  constructor(
    { rows, width }: Pick<FrozenFeatures, "rows" | "width">,
    starts: Float64Array,
    place: Float32Array | OpenValue,
  ) {
    this.rows = rows;
    this.width = width;
    this.#starts = starts;
    this.#place = place;
  }

  /** 0 where they are in a file. */
  get memoryBytes(): number {
    return "file" in this.#place ? 0 : this.#place.byteLength;
  }

  /** Stores a text's values, which `values` begins with; returns how many they are. */
  put(index: number, values: Float32Array): number {
    const start = this.#starts[index]!;
    const own = values.subarray(0, this.#starts[index + 1]! - start);
    if (!("file" in this.#place)) this.#place.set(own, start);
    else writeAll(this.#place.file, bytesOf(own), this.#place.offset + 4 * start);
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
      if (!("file" in this.#place)) own.set(this.#place.subarray(start, start + own.length));
      else readAll(this.#place.file, bytesOf(own), this.#place.offset + 4 * start);
    }
    return gathered;
  }

  close(): void {
    if ("file" in this.#place) this.#place.close();
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
