/** The safetensors format: tensors read straight into memory of ours, and written so that no half file is left. */

import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { AttuneError } from "../base/error.ts";
import { sizeOf } from "../base/size-of.ts";
import {
  type Fail,
  headerOf,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
  type TensorToWrite,
} from "./safetensors-header.ts";

export type { TensorEntry, TensorToWrite };

/** Tensors by name, in one file or several. */
export interface WeightFiles {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Fills `into` with a tensor; F16 and BF16 become float32, which holds all their values; F64 the nearest one. */
  readFloat32(name: string, into: Float32Array): void;
  close(): void;
}

export interface SafetensorsFile extends WeightFiles {
  /** In the order of the file. */
  readonly tensors: SafetensorsHeader["tensors"];
  readonly metadata: SafetensorsHeader["metadata"];
}

/** The format's own limit; a file of another kind announces nonsense here. */
const MAX_HEADER_BYTES = 100_000_000;
const CHUNK_BYTES = 1 << 20;
const MAX_CALL_BYTES = 1 << 30;

/** Opens one file, whose header is checked as a whole. */
export function openSafetensors(path: string): SafetensorsFile {
  const fail: Fail = (problem) => {
    throw new AttuneError("safetensors/invalid", `${path}: ${problem}; get the file again`);
  };
  const file = opened(path, "r");
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) fail("this is not a file");
    const text = readHeaderText(file, stats.size, fail);
    const start = 8 + text.byteLength;
    const { tensors, metadata } = parseHeader(text, stats.size - start, fail);
    return {
      tensors,
      metadata,
      readFloat32: (name, into) => {
        const tensor = tensors.get(name);
        if (!tensor)
          throw new AttuneError(
            "safetensors/missing-tensor",
            `${path}: none of its ${tensors.size} tensors is ${name}`,
          );
        const count = sizeOf(tensor.shape);
        if (count !== into.length) throw new Error(`${path}: ${count} values of ${name} do not fit ${into.length}`);
        const at = start + tensor.begin;
        if (tensor.dtype === "F32")
          readBytes(file, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), at, fail);
        else if (tensor.dtype === "F16") readHalves(file, into, at, float16ToFloat32Bits, fail);
        else if (tensor.dtype === "F64") readDoubles(file, into, at, fail);
        else if (tensor.dtype === "BF16") readHalves(file, into, at, (half) => half << 16, fail);
        else
          throw new AttuneError(
            "safetensors/dtype",
            `${path}: ${name} has type ${tensor.dtype}; convert it to F32, F16, BF16 or F64, which are what Attune reads`,
          );
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function opened(path: string, flags: "r" | "w"): number {
  try {
    return openSync(path, flags);
  } catch (cause) {
    const message = `${path}: cannot be opened (${(cause as Error).message}); check the path and its permissions`;
    throw new AttuneError("safetensors/open", message, "input", { cause });
  }
}

/** The file begins with 8 bytes that give the length of its JSON header. */
function readHeaderText(file: number, fileBytes: number, fail: Fail): Uint8Array {
  if (fileBytes < 8) fail("it is too short to be a safetensors file");
  const prefix = new Uint8Array(8);
  readBytes(file, prefix, 0, fail);
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerBytes > Math.min(fileBytes - 8, MAX_HEADER_BYTES))
    fail(`its first 8 bytes announce a header of ${headerBytes} bytes, so it is cut off or not a safetensors file`);
  const text = new Uint8Array(headerBytes);
  readBytes(file, text, 8, fail);
  return text;
}

function readBytes(file: number, into: Uint8Array, position: number, fail: Fail): void {
  for (let done = 0; done < into.byteLength; ) {
    const count = readSync(file, into, done, Math.min(into.byteLength - done, MAX_CALL_BYTES), position + done);
    if (count === 0) fail("it became shorter while it was read");
    done += count;
  }
}

function readHalves(
  file: number,
  into: Float32Array,
  position: number,
  bitsOf: (half: number) => number,
  fail: Fail,
): void {
  const bits = new Int32Array(into.buffer, into.byteOffset, into.length);
  const chunk = new Uint16Array(Math.min(CHUNK_BYTES / 2, into.length));
  for (let at = 0; at < into.length; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, into.length - at));
    readBytes(file, new Uint8Array(part.buffer, 0, part.byteLength), position + 2 * at, fail);
    for (let i = 0; i < part.length; i++) bits[at + i] = bitsOf(part[i]!);
  }
}

function readDoubles(file: number, into: Float32Array, position: number, fail: Fail): void {
  const chunk = new Float64Array(Math.min(CHUNK_BYTES / 8, into.length));
  for (let at = 0; at < into.length; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, into.length - at));
    readBytes(file, new Uint8Array(part.buffer, 0, part.byteLength), position + 8 * at, fail);
    into.set(part, at);
  }
}

/** IEEE 754 half to the bits of the same number in single precision. */
function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift until the leading bit is the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/**
 * Writes tensors in the order that Python's safetensors uses (by name), with its metadata. The file appears
 * under its name only when it is whole; equal tensors give equal bytes.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): void {
  const sorted = [...tensors].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const header = headerOf(sorted, metadata);
  const partial = `${path}.partial`;
  const file = opened(partial, "w");
  try {
    try {
      writeBytes(file, header);
      for (const { data } of sorted) writeBytes(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (cause) {
    rmSync(partial, { force: true });
    const message = `${path}: cannot be written (${(cause as Error).message}); check the space on the disk`;
    throw new AttuneError("safetensors/write", message, "failure", { cause });
  }
}

function writeBytes(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(file, bytes, done, Math.min(bytes.byteLength - done, MAX_CALL_BYTES));
}
