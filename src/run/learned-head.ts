/** The weights of the head that a search found, in the folder of the run that goes on from them. */
import { join } from "node:path";
import { sizeOf } from "../base/size-of.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../weights/safetensors.ts";

const fileIn = (run: string): string => join(run, "checkpoints", "head.safetensors");

export const saveHead = (run: string, weights: readonly TensorToWrite[]): void =>
  writeSafetensors(fileIn(run), weights);

/** Undefined where it cannot be read: the search finds the same again. */
export function readHead(run: string): TensorToWrite[] | undefined {
  try {
    const file = openSafetensors(fileIn(run));
    try {
      return Array.from(file.tensors, ([name, { shape }]) => {
        const data = new Float32Array(sizeOf(shape));
        file.readFloat32(name, data);
        return { name, shape, data };
      });
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}
