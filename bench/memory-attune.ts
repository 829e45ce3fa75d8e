/** Trains some steps and says where the memory of its process is, before them and after. */
import { readFileSync, writeFileSync } from "node:fs";
import type { HostTensors } from "../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import type { ParameterStore } from "../src/engine/parameter-store.ts";
import { evaluateDim, productOf } from "../src/graph/dim.ts";
import { inputName } from "../src/graph/ops/leaf.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { LOSS } from "../src/train/program.ts";
import { keptValues } from "./kept-values.ts";
import { type Sizes, sizesOf } from "./products.ts";
import { type JobOptions, takeSteps } from "./steps.ts";

export interface MemoryJob {
  readonly steps: number;
  readonly options: JobOptions;
}

/** Bytes by name. */
type Parts = readonly (readonly [name: string, bytes: number])[];

export interface MemoryFound {
  /** Resident memory at the end of each part of the way, and the most that there was within it. */
  readonly phases: readonly { readonly name: string; readonly end: number; readonly peak: number }[];
  readonly peak: number;
  /** Of the end. */
  readonly parts: Parts;
  /** Of what is not in `parts`, computed from the program for its largest batch. */
  readonly kept: Parts;
}

const { steps, options } = JSON.parse(process.argv[2]!) as MemoryJob;
console.log(JSON.stringify(await measure()));

async function measure(): Promise<MemoryFound> {
  const phases: { name: string; end: number; peak: number }[] = [];
  const endOf = (name: string) => {
    phases.push({ name, end: statusBytes("VmRSS"), peak: statusBytes("VmHWM") });
    // From here on the peak counts anew.
    writeFileSync("/proc/self/clear_refs", "5");
  };
  endOf("Node and code");
  let store: ParameterStore | undefined;
  let encoder: Encoder | undefined;
  let program: Readonly<Record<string, Tensor>> = {};
  let largest: Sizes = { tokens: 0 };
  let taken = 0;
  let parts: Parts = [];
  await takeSteps(
    options,
    steps,
    {
      prepared: (run) => {
        endOf("program compiled");
        encoder = run.adapted.encoder;
      },
      ran: () => {
        taken++;
        if (taken === 1) endOf("first step");
        if (taken < steps) return;
        endOf("other steps");
        parts = partsOf(store!, program, largest);
      },
    },
    (threads) => {
      const engine = onnxRuntimeEngine({ threads });
      return {
        ...engine,
        createStore: (...given) => {
          endOf("texts, tokenizer, graph");
          store = engine.createStore(...given);
          return store;
        },
        compile: async (outputs) => {
          if (!(LOSS in outputs)) return engine.compile(outputs);
          endOf("weights read");
          program = outputs;
          const inputs = new Map(nodesInOrder(Object.values(outputs)).map(({ outputs: [y] }) => [inputName(y!)!, y!]));
          inputs.delete(undefined as never);
          const compiled = await engine.compile(outputs);
          return {
            run: (values, results) => {
              const sizes = sizesOf(inputs, values);
              if (sizes.tokens! > largest.tokens!) largest = sizes;
              return compiled.run(values, results);
            },
            dispose: () => compiled.dispose(),
          };
        },
      };
    },
  );
  return {
    phases,
    peak: Math.max(...phases.map(({ peak }) => peak)),
    parts,
    kept: keptValues(encoder!, program, largest),
  };
}

function partsOf(store: ParameterStore, program: Readonly<Record<string, Tensor>>, sizes: Sizes): Parts {
  const host = Object.entries(store.host as HostTensors);
  const bytesOf = (are: (name: string, dtype: string) => boolean) =>
    host.reduce((sum, [name, { dtype, data }]) => sum + (are(name, dtype) ? data.byteLength : 0), 0);
  const isTable = (name: string) => name.includes("word_embeddings");
  const masks = nodesInOrder(Object.values(program)).flatMap(({ outputs: [y] }) =>
    inputName(y!)?.startsWith("mask:") ? [y!] : [],
  );
  const known = [
    ["code of Node, ONNX Runtime and others (files)", statusBytes("RssFile")],
    ["JavaScript's heap", process.memoryUsage().heapTotal],
    ["table of words", bytesOf(isTable)],
    ["other weights, float32", bytesOf((name, dtype) => dtype === "float32" && !isTable(name))],
    ["other weights, 8 bits", bytesOf((name, dtype) => dtype !== "float32" && !isTable(name))],
    [
      "gradients and moments",
      store.trainables.reduce((sum, trainable) => {
        const { gradient, optimizer } = trainable.bytes();
        return sum + gradient + optimizer;
      }, 0),
    ],
    ["dropout masks", masks.reduce((sum, { shape }) => sum + evaluateDim(productOf(shape), sizes), 0)],
  ] as const;
  const rest = statusBytes("VmRSS") - known.reduce((sum, [, bytes]) => sum + bytes, 0);
  return [...known, ["ONNX Runtime's values, and the rest", rest]];
}

/** A line of Linux's account of this process. */
function statusBytes(name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
