/** The header of a safetensors file: names, types, shapes and places of the tensors as JSON, read strictly and written. */
import { sizeOf } from "../base/size-of.ts";

export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Where a tensor is, in bytes from the end of the header. */
export interface StoredTensor extends TensorEntry {
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Float32, or the bits of float16. */
  readonly data: Float32Array | Uint16Array;
}

/** Says what is wrong, with the name of the file. */
export type Fail = (problem: string) => never;

const BYTES = new Map(
  Object.entries({
    ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 },
    ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
  }),
);

/** Name → dtype, shape and place. The places must cover the rest of the file without a gap. */
export function parseHeader(text: Uint8Array, dataBytes: number, fail: Fail): SafetensorsHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    fail("its header is not JSON");
  }
  if (!isRecord(json)) return fail("its header is not a JSON object");
  const { __metadata__: metadata = {}, ...entries } = json;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    return fail("its metadata is not a map of strings");
  const stored = Object.entries(entries).map(([name, entry]) => [name, parseEntry(name, entry, fail)] as const);
  stored.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of stored) {
    if (begin !== at) fail(`${name} begins at byte ${begin} of the data, where byte ${at} is due: an overlap or a gap`);
    at = end;
  }
  if (at > dataBytes) fail(`it is cut off: ${at} bytes of tensors are announced and ${dataBytes} are there`);
  if (at < dataBytes) fail(`${dataBytes - at} bytes at its end belong to no tensor`);
  return { tensors: new Map(stored), metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, entry: unknown, fail: Fail): StoredTensor {
  if (!isRecord(entry)) return fail(`the entry of ${name} is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const bytes = BYTES.get(String(dtype)) ?? fail(`${name} has the unknown type ${JSON.stringify(dtype)}`);
  if (!isSizes(shape)) return fail(`${name} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail(`${name} has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  if (end - begin !== bytes * sizeOf(shape))
    fail(`${name} has ${end - begin} bytes, but ${dtype} of shape [${shape.join(", ")}] has ${bytes * sizeOf(shape)}`);
  return { dtype: String(dtype), shape, begin, end };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Length and header, padded so that the data begins at a multiple of 8 bytes. */
export function headerOf(sorted: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let at = 0;
  // Entries are joined as text, as an object would put names like "10" first.
  const entries = [`"__metadata__":${JSON.stringify(metadata)}`];
  for (const [i, { name, shape, data }] of sorted.entries()) {
    if (sizeOf(shape) !== data.length) throw new Error(`${name}: shape [${shape.join(", ")}], ${data.length} values`);
    if (name === sorted[i - 1]?.name) throw new Error(`${name}: two tensors of one name`);
    const entry = {
      dtype: data instanceof Uint16Array ? "F16" : "F32",
      shape,
      data_offsets: [at, at + data.byteLength],
    };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at += data.byteLength;
  }
  const text = Buffer.from(`{${entries.join(",")}}`);
  const bytes = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, " ");
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  text.copy(bytes, 8);
  return bytes;
}
