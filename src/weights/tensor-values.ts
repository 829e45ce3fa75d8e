/** Numbers of a tensor from a file into memory of ours, whatever floating-point type they are stored in. */
import { readSync } from "node:fs";
import { AttuneError } from "../base/error.ts";
import { openRegular } from "../base/regular-file.ts";
import type { Fail } from "./safetensors-header.ts";

const CHUNK_BYTES = 1 << 20;
/** The most bytes of one call to the system. */
export const MAX_CALL_BYTES = 1 << 30;

/** Opens a file of weights to read it; an error has `code`. */
export function openFile(path: string, code: string): number {
  try {
    return openRegular(path);
  } catch (cause) {
    const message = `${path}: cannot be opened (${(cause as Error).message}); check the path and its permissions`;
    throw new AttuneError(code, message, "input", { cause });
  }
}

/** Fills `into` with values stored from `position` on; false where `dtype` (as safetensors names it) is not floating-point. */
export function readValues(file: number, dtype: string, into: Float32Array, position: number, fail: Fail): boolean {
  if (dtype === "F32") readBytes(file, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), position, fail);
  else if (dtype === "F16") readHalves(file, into, position, float16ToFloat32Bits, fail);
  else if (dtype === "F64") readDoubles(file, into, position, fail);
  else if (dtype === "BF16") readHalves(file, into, position, (half) => half << 16, fail);
  else return false;
  return true;
}

/** Fills `into` with bytes of the file from `position` on. */
export function readBytes(file: number, into: Uint8Array, position: number, fail: Fail): void {
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
