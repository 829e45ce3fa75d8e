/** onnxruntime-web as the engine: its CPU provider in WebAssembly. The CPU's parameter store runs in a page as it is. */
import * as ort from "onnxruntime-web/wasm";
import { CpuStore } from "../../src/engine/cpu-store.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { HostTensors } from "../../src/engine/engine-tensors.ts";
import { largestExactInt8 } from "../../src/engine/int8-saturation.ts";
import { toOnnx } from "../../src/graph/onnx.ts";

ort.env.wasm.wasmPaths = { wasm: "/ort-wasm-simd-threaded.wasm" };
// Several need a page that is isolated from others.
ort.env.wasm.numThreads = 1;

export function webEngine(): Engine {
  return {
    description: `onnxruntime-web ${ort.env.versions.web} (wasm)`,
    threads: 1,
    largestInt8() {
      return largestExactInt8(this);
    },
    createStore: (parameters, training) => new CpuStore(parameters, training),
    async compile(outputs) {
      const session = await ort.InferenceSession.create(toOnnx(outputs), { executionProviders: ["wasm"] });
      return {
        async run(inputs, results) {
          const [given, wanted] = [inputs as HostTensors, results as HostTensors];
          const feeds = session.inputNames.map((name) => {
            const { dtype, data, dims } = given[name]!;
            return [name, new ort.Tensor(dtype, data as Float32Array, dims)];
          });
          const found = await session.run(Object.fromEntries(feeds), Object.keys(outputs));
          // It has memory of its own, so what it computes is copied to where it belongs.
          for (const name of Object.keys(outputs))
            (wanted[name]!.data as Float32Array).set(found[name]!.data as Float32Array);
        },
        dispose: () => session.release(),
      };
    },
  };
}
