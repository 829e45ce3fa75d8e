/** Runs a program on ONNX Runtime with float64 values in and out, for comparison with the evaluator. */
import { onnxRuntimeEngine } from "../../src/engine/onnxruntime.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { NdArray } from "./array.ts";
import { runOnEngine } from "./run-on-engine.ts";

export const runOnnx = (
  outputs: readonly Tensor[],
  values: Readonly<Record<string, NdArray>>,
  sizes: Readonly<Record<string, number>> = {},
): Promise<NdArray[]> => runOnEngine(onnxRuntimeEngine({ threads: 1 }), outputs, values, sizes);
