/** The safetensors format: tensors read straight into memory of ours, and written so that no half file is left. */
import { closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeSync } from "node:fs";
import { AttuneError } from "../base/error.ts";

export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Tensors by name, in one file or several. */
export interface WeightFiles {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Fills `into` with a tensor; F16 and BF16 become float32, which holds all their values. */
  readFloat32(name: string, into: Float32Array): void;
  close(): void;
}

interface Located extends TensorEntry {
  readonly begin: number;
  readonly end: number;
}

const BYTES: Readonly<Record<string, number>> = {
  F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1,
  F8_E4M3: 1, F8_E5M2: 1,
}; // biome-ignore format: one line a family
const CHUNK_BYTES = 1 << 20;

/** Opens one file, whose header is checked as a whole. */
export function openSafetensors(path: string): WeightFiles {
  const fail = (problem: string): never => {
    throw new AttuneError("safetensors/invalid", `${path}: ${problem}; get the file again`);
  };
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw new AttuneError("safetensors/open", `${path}: cannot be opened (${(cause as Error).message})`, "input", {
      cause,
    });
  }
  try {
    const { tensors, start } = readHeader(file, statSync(path).size, fail);
    return {
      tensors,
      readFloat32: (name, into) => {
        const tensor = tensors.get(name) ?? fail(`there is no tensor ${name}`);
        const count = tensor.shape.reduce((a, b) => a * b, 1);
        if (count !== into.length) throw new Error(`${name}: ${count} values do not fit ${into.length}`);
        if (tensor.dtype === "F32")
          readBytes(file, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), start + tensor.begin);
        else if (tensor.dtype === "F16") readHalves(file, into, start + tensor.begin, float16ToFloat32Bits);
        else if (tensor.dtype === "BF16") readHalves(file, into, start + tensor.begin, (half) => half << 16);
        else
          throw new AttuneError(
            "safetensors/dtype",
            `${path}: ${name} has type ${tensor.dtype}; Attune reads F32, F16 and BF16`,
          );
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** 8 bytes of length, then JSON: name → dtype, shape and place. Places cover the rest of the file without a gap. */
function readHeader(file: number, fileBytes: number, fail: (problem: string) => never) {
  if (fileBytes < 8) fail("it is too short to be a safetensors file");
  const prefix = new Uint8Array(8);
  readBytes(file, prefix, 0);
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerBytes > fileBytes - 8) fail("it ends inside its header, so it is cut off or not a safetensors file");
  const text = new Uint8Array(headerBytes);
  readBytes(file, text, 8);
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    return fail("its header is not JSON");
  }
  const start = 8 + headerBytes;
  const tensors = new Map<string, Located>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [begin, end] = entry?.data_offsets ?? fail(`${name} has no data_offsets`);
    const { dtype, shape } = entry;
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      fail(`${name} has no shape`);
    const size = BYTES[dtype] ?? fail(`${name} has the unknown type ${dtype}`);
    if (end - begin !== size * shape.reduce((a, b) => a * b, 1)) fail(`the size of ${name} does not fit its shape`);
    tensors.set(name, { dtype, shape, begin, end });
  }
  let at = 0;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) fail(`${name} overlaps another tensor or leaves a gap`);
    at = end;
  }
  if (start + at > fileBytes) fail(`it is cut off: ${start + at} bytes are announced and ${fileBytes} are there`);
  if (start + at < fileBytes) fail(`${fileBytes - start - at} bytes at its end belong to no tensor`);
  return { tensors, start };
}

function readBytes(file: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.byteLength; ) {
    const count = readSync(file, into, done, Math.min(into.byteLength - done, 1 << 30), position + done);
    if (count === 0) throw new AttuneError("safetensors/truncated", "a weight file became shorter while it was read");
    done += count;
  }
}

function readHalves(file: number, into: Float32Array, position: number, bitsOf: (half: number) => number): void {
  const bits = new Int32Array(into.buffer, into.byteOffset, into.length);
  const chunk = new Uint16Array(CHUNK_BYTES / 2);
  for (let at = 0; at < into.length; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, into.length - at));
    readBytes(file, new Uint8Array(part.buffer, 0, part.byteLength), position + 2 * at);
    for (let i = 0; i < part.length; i++) bits[at + i] = bitsOf(part[i]!);
  }
}

/** IEEE 754 half to the bits of the same number in single precision. */
function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift until the leading bit is the implicit one.
  let shift = 0;
  for (; (fraction & 0x400) === 0; shift++) fraction <<= 1;
  return sign | ((113 - shift) << 23) | ((fraction & 0x3ff) << 13);
}

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Writes float32 tensors in the order that Python's safetensors uses (by name), with its metadata. The file appears
 * under its name only when it is whole; equal tensors give equal bytes.
 */
export function writeSafetensors(path: string, tensors: readonly TensorToWrite[]): void {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let at = 0;
  for (const { name, shape, data } of sorted) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, " ");
  text.copy(padded);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  const partial = `${path}.partial`;
  const file = openSync(partial, "w");
  try {
    writeBytes(file, prefix);
    writeBytes(file, padded);
    for (const { data } of sorted) writeBytes(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}

function writeBytes(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(file, bytes, done, Math.min(bytes.byteLength - done, 1 << 30));
}
