/** Programs on ONNX Runtime's CPU provider, through onnxruntime-node. */
import "./no-telemetry.ts";
import "./runtime-build.ts";
import * as ort from "onnxruntime-node";
import { AttuneError } from "../base/error.ts";
import { toOnnx } from "../graph/onnx.ts";
import type { HostTensor, Node, Tensor } from "../graph/tensor.ts";
import { CpuStore } from "./cpu-store.ts";
import type { Engine, Executable } from "./engine.ts";
import type { EngineTensor, EngineTensors } from "./engine-tensors.ts";
import { largestExactInt8 } from "./int8-saturation.ts";
import { workerPoolOf } from "./kernels/threads.ts";
import { type Bits, inShortStretches, reproducibleThreads } from "./reproducible-threads.ts";

/**
 * onnxruntime-node 1.30 fills the output buffers it is given and then copies each of them once more. A first output
 * that it cannot return (a sequence) makes it stop after the computation and before the copies, with this message.
 * Should a version not stop there, it just returns: slower, and right all the same.
 */
const SEQUENCE_OUTPUT = "computed";
const STOPPED_BEFORE_COPYING = "Non tensor type is temporarily not supported";

export interface OnnxRuntimeOptions {
  /** The most threads of one run. @default 2 */
  readonly threads?: number;
  /** "same": a program takes fewer threads where its bits would depend on their number. @default "any" */
  readonly bits?: Bits;
  /** Called when ONNX Runtime did not stop before copying, for the test that watches for it. */
  readonly onCopy?: () => void;
  /** Where a program's profile is to be written, if anywhere. */
  readonly profile?: (outputs: Readonly<Record<string, Tensor>>) => Profile | undefined;
}

/** ONNX Runtime's own profile of a program, written when the program is disposed. */
export interface Profile {
  /** What the path of the file begins with; ONNX Runtime adds the time and ".json". */
  readonly filePrefix: string;
  /** What the nodes of the program are called there. */
  readonly nodeName: (node: Node) => string;
}

/** Found by trying, once in a process. */
let largest: Promise<number> | undefined;
const largestInt8 = (): Promise<number> => {
  largest ??= largestExactInt8(onnxRuntimeEngine({ threads: 1 }));
  return largest;
};

export function onnxRuntimeEngine({ threads = 2, bits = "any", onCopy, profile }: OnnxRuntimeOptions = {}): Engine {
  return {
    description: `onnxruntime-node ${ort.env.versions.node} (cpu)`,
    threads,
    largestInt8,
    // What is only read needs no threads of its own.
    createStore: (parameters, training) =>
      new CpuStore(parameters, training, training ? workerPoolOf(threads) : undefined),
    async compile(wanted) {
      const outputs = inShortStretches(wanted);
      const profiled = profile?.(outputs);
      const model = toOnnx(outputs, { sequenceOutput: SEQUENCE_OUTPUT, nodeName: profiled?.nodeName });
      const session = await ort.InferenceSession.create(model, {
        intraOpNumThreads: bits === "same" ? Math.min(threads, reproducibleThreads(outputs)) : threads,
        interOpNumThreads: 1,
        // Shapes change with every batch, so a plan of the memory for one shape would only be made again and again.
        enableMemPattern: false,
        logSeverityLevel: 4, // Errors are thrown; they need not be printed as well.
        // What a program computes twice it is not to keep (graph/remade.ts); equal nodes are one before (graph/simplify.ts).
        // Threads spin from one op to the next, and no longer than the run: else they would hinder other programs and kernels.
        // Bytes that become float32 for several readers are to do so once.
        extra: {
          session: { intra_op: { allow_spinning: "1" }, force_spinning_stop: "1", disable_quant_qdq: "1" },
          optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
        },
        ...(profiled && { enableProfiling: true, profileFilePrefix: profiled.filePrefix }),
      });
      return new OnnxRuntimeExecutable(session, outputs, onCopy, profiled !== undefined);
    },
  };
}

class OnnxRuntimeExecutable implements Executable {
  readonly #session: ort.InferenceSession;
  readonly #outputs: Readonly<Record<string, Tensor>>;
  readonly #onCopy: (() => void) | undefined;
  readonly #isProfiled: boolean;

  constructor(
    session: ort.InferenceSession,
    outputs: Readonly<Record<string, Tensor>>,
    onCopy: (() => void) | undefined,
    isProfiled: boolean,
  ) {
    this.#session = session;
    this.#outputs = outputs;
    this.#onCopy = onCopy;
    this.#isProfiled = isProfiled;
  }

  async run(inputs: EngineTensors, outputs: EngineTensors): Promise<void> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of this.#session.inputNames) feeds[name] = view(name, inputs[name]);
    const fetches: Record<string, ort.Tensor | null> = { [SEQUENCE_OUTPUT]: null };
    for (const name of Object.keys(this.#outputs)) fetches[name] = view(name, outputs[name]);
    try {
      await this.#session.run(feeds, fetches, { logSeverityLevel: 4 });
      this.#onCopy?.();
    } catch (error) {
      if (error instanceof Error && error.message.includes(STOPPED_BEFORE_COPYING)) return;
      throw new AttuneError("engine/run", `ONNX Runtime could not run the program: ${String(error)}`, "failure", {
        cause: error,
      });
    }
  }

  async dispose(): Promise<void> {
    if (this.#isProfiled) this.#session.endProfiling();
    await this.#session.release();
  }
}

/** ONNX Runtime's tensors over ours; kept, because weights are bound again at every step. */
const views = new WeakMap<EngineTensor, ort.Tensor>();

/** A tensor of ours as ONNX Runtime takes it: the same memory. */
export function view(name: string, tensor: EngineTensor | undefined): ort.Tensor {
  if (!tensor) throw new AttuneError("engine/missing-tensor", `the program needs "${name}"`, "failure");
  let found = views.get(tensor);
  if (!found) {
    // This engine keeps every tensor in memory of ours.
    found = new ort.Tensor(tensor.dtype, (tensor as HostTensor).data as Float32Array, tensor.dims);
    views.set(tensor, found);
  }
  return found;
}
