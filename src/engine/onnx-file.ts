/** An ONNX file as it was written for others, run as they run it: to measure what was written. */
import "./no-telemetry.ts";
import "./runtime-build.ts";
import * as ort from "onnxruntime-node";
import type { HostTensors } from "./engine-tensors.ts";

export interface OnnxFile {
  /** The first output, as numbers. */
  run(inputs: HostTensors): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function openOnnxFile(path: string, threads: number): Promise<OnnxFile> {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: threads, logSeverityLevel: 3 });
  return {
    run: async (inputs) => {
      const feeds = session.inputNames.map((name) => {
        const { dtype, data, dims } = inputs[name]!;
        return [name, new ort.Tensor(dtype, data as BigInt64Array, dims)];
      });
      const outputs = await session.run(Object.fromEntries(feeds));
      return outputs[session.outputNames[0]!]!.data as Float32Array;
    },
    dispose: () => session.release(),
  };
}
