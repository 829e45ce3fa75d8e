/** Gradients in one piece each, from what a training program writes. */
import type { PackedBatch } from "../src/models/batch.ts";
import type { TrainingProgram } from "../src/train/program.ts";

/** By parameter; rows are added up at their indices. `outputs` holds the values of the program's outputs by name. */
export function assembleGradients<A extends Float32Array | Float64Array>(
  program: TrainingProgram,
  outputs: Readonly<Record<string, A>>,
  batch: PackedBatch,
  sizes: Readonly<Record<string, number>>,
): Record<string, Float64Array> {
  const gradients: Record<string, Float64Array> = {};
  for (const { parameter, output } of program.dense) gradients[parameter] = Float64Array.from(outputs[output]!);
  for (const { parameter, parts } of program.rows) {
    const sums = new Float64Array(sizes[parameter]!);
    for (const { indices, output } of parts) {
      const at = batch[indices as keyof PackedBatch] as Int32Array;
      const rows = outputs[output]!;
      const width = rows.length / at.length;
      for (let i = 0; i < rows.length; i++) sums[at[Math.floor(i / width)]! * width + (i % width)]! += rows[i]!;
    }
    gradients[parameter] = sums;
  }
  return gradients;
}
