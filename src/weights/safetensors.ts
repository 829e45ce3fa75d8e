/** The safetensors format: tensors read straight into memory of ours, and written so that no half file is left. */

import { closeSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { naming } from "../base/disk-error.ts";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { sizeOf } from "../base/size-of.ts";
import {
  type Fail,
  headerOf,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
  type TensorToWrite,
} from "./safetensors-header.ts";
import { MAX_CALL_BYTES, openFile, readBytes, readValues } from "./tensor-values.ts";

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

/** Opens one file, whose header is checked as a whole. */
export function openSafetensors(path: string): SafetensorsFile {
  const fail: Fail = (problem) => {
    throw new AttuneError("safetensors/invalid", `${path}: ${problem}; get the file again`);
  };
  const file = openFile(path, "safetensors/open");
  let isOpen = true;
  try {
    const { size } = fstatSync(file);
    const text = readHeaderText(file, size, fail);
    const start = 8 + text.byteLength;
    const { tensors, metadata } = parseHeader(text, size - start, fail);
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
        if (!readValues(file, tensor.dtype, into, start + tensor.begin, fail))
          throw new AttuneError(
            "safetensors/dtype",
            `${path}: ${name} has type ${tensor.dtype}; convert it to F32, F16, BF16 or F64, which are what Attune reads`,
          );
      },
      close: () => {
        // A second call must not close what has the number by then.
        if (isOpen) closeSync(file);
        isOpen = false;
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
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

/**
 * Writes tensors in the order that Python's safetensors uses (by name), with its metadata. The file appears
 * under its name only when it is whole; equal tensors give equal bytes.
 *
 * @throws the system's error, which names the file
 */
export function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): void {
  const sorted = [...tensors].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const header = headerOf(sorted, metadata);
  const partial = partialOf(path);
  try {
    naming(path, () => {
      const file = openSync(partial, "w");
      try {
        writeBytes(file, header);
        for (const { data } of sorted) writeBytes(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(partial, path);
    });
  } catch (error) {
    discard(partial);
    throw error;
  }
}

function writeBytes(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(file, bytes, done, Math.min(bytes.byteLength - done, MAX_CALL_BYTES));
}
