/** The work that `measures.ts` times: each measure as two functions, with it and without it. */
import "../src/engine/no-telemetry.ts";
import * as ort from "onnxruntime-node";
import { CpuStore } from "../src/engine/cpu-store.ts";
import type { Executable } from "../src/engine/engine.ts";
import { float32 } from "../src/engine/engine-tensors.ts";
import type { AdamWStep } from "../src/engine/kernels/kernels.ts";
import { referenceKernels } from "../src/engine/kernels/reference-kernels.ts";
import { workerPoolOf } from "../src/engine/kernels/threads.ts";
import { alone } from "../src/engine/kernels/worker-pool.ts";
import { allocateBlocks } from "../src/engine/memory.ts";
import { onnxRuntimeEngine, view } from "../src/engine/onnxruntime.ts";
import { TableParameter } from "../src/engine/table-parameter.ts";
import { TrainableSet } from "../src/engine/trainable-set.ts";
import { crossEntropy } from "../src/graph/nn.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { input } from "../src/graph/ops/leaf.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { batchValues, type PackedBatch, packBatch } from "../src/models/batch.ts";
import { longestText } from "../src/models/model-limits.ts";
import { openModel } from "../src/pretrained/open-model.ts";
import { TokenizedSplit } from "../src/tokens/tokenized.ts";
import { loadTokenizer } from "../src/tokens/tokenizer.ts";
import { plainObjective } from "../src/train/classification-objective.ts";
import { batchesByLength, packTexts } from "../src/train/evaluate.ts";
import { Optimizer } from "../src/train/optimizer.ts";
import { evaluationProgram, LOGITS, LOSS_WEIGHT, type Loss, TARGETS, trainingProgram } from "../src/train/program.ts";
import { BatchRunner } from "../src/train/step.ts";
import { loadTexts } from "./samples.ts";
import { ADAMW } from "./steps.ts";

/** Of each round; the first are left out. */
export const WARM_UP_STEPS = 3;
/** Texts of the training split that are predicted, at most. */
const MOST_PREDICTED = 1000;
const KERNEL_FLOATS = 2 ** 20;

interface Measure {
  readonly name: string;
  readonly of: string;
  /** Each does the work once and gives the seconds of its parts. */
  readonly without: () => Promise<number[]>;
  readonly as: () => Promise<number[]>;
}

export interface MeasuredJob {
  /** Folders. */
  readonly model: string;
  readonly data: string;
  readonly batch: number;
  readonly threads: number;
}

/** The measures on a model and data, for so many steps a round; their programs live until `dispose`. */
export async function measuresOf({ model: folder, data, batch: size, threads }: MeasuredJob, steps: number) {
  const { splits, labels } = await loadTexts(data);
  const model = await openModel(folder, labels);
  const { encoder } = model;
  const tokens = new TokenizedSplit(splits.train, loadTokenizer(folder), longestText(undefined, encoder));
  const indices = Array.from({ length: steps }, (_, step) =>
    Array.from({ length: size }, (_, i) => (step * size + i) % tokens.count),
  );
  const truths = splits.train.truths();
  const predicted = Math.min(MOST_PREDICTED, tokens.count);
  const batches = indices.map((texts) => packTexts(tokens, texts, encoder));
  const paddedBatches = indices.map((texts) => {
    const length = Math.max(...texts.map((i) => tokens.ids(i).length));
    const padded = texts.map((i) => Int32Array.from({ length }, (_, at) => tokens.ids(i)[at] ?? 0));
    return packBatch(padded, encoder);
  });

  const workers = workerPoolOf(threads);
  const program = trainingProgram(encoder, encoder.parameters);
  const room = {
    ...program,
    maxTokens: Math.max(...paddedBatches.map(({ sizes }) => sizes.tokens)),
    gradientAccumulation: 1,
  };
  const memory = new CpuStore(encoder.parameters, room, workers);
  model.readInto((name) => memory.weights[name]!.data as Float32Array, 42);
  model.close();
  const engine = onnxRuntimeEngine({ threads });
  const wholeLastLayer: Loss = (scope) => {
    const logits = encoder.logits(scope);
    return crossEntropy(logits, input(TARGETS, "float32", logits.shape), input(LOSS_WEIGHT, "float32", []));
  };
  const whole = trainingProgram(encoder, encoder.parameters, undefined, wholeLastLayer);
  const prediction = evaluationProgram(encoder);
  const programs = {
    own: await engine.compile(program.outputs),
    copying: await copying(program.outputs, threads),
    whole: await engine.compile(whole.outputs),
    prediction: await engine.compile(prediction),
  };

  const objective = plainObjective(labels.length);
  /** Steps of a program on batches; the weights stay where they are, so that all steps are alike. */
  const stepper = (of: typeof program, executable: Executable, on: readonly PackedBatch[], by = workers) => {
    const runner = new BatchRunner(of, executable, encoder, memory, objective);
    const set = new TrainableSet(memory.trainables, by);
    const optimizer = new Optimizer(
      { receive: (batch) => set.receive(batch), update: async (step) => set.update(step) },
      ADAMW,
    );
    return async (part: "step" | "outside" = "step"): Promise<number[]> => {
      const seconds: number[] = [];
      for (const [step, batch] of on.entries()) {
        const started = performance.now();
        await runner.run(
          batch,
          indices[step]!.map((i) => truths[i]!),
          42,
          step,
        );
        const computed = performance.now();
        optimizer.receive(batch);
        await optimizer.update(0);
        seconds.push((performance.now() - (part === "step" ? started : computed)) / 1000);
      }
      return seconds.slice(WARM_UP_STEPS);
    };
  };
  const own = stepper(program, programs.own, batches);

  const tables = memory.trainables.filter((trainable) => trainable instanceof TableParameter);
  const step: AdamWStep = {
    ...{ gradientScale: 1, beta1: 0.9, beta2: 0.999, stepSize: 0, decay: 1, inverseRootBias2: 1, epsilon: 1e-8 },
  };
  const tableFloats = tables.map(({ weights }) => weights.length);
  const dense = allocateBlocks(
    tableFloats.map((floats) => [floats, floats, floats, floats]),
    { shared: workers.sharesMemory },
  );
  const [one] = allocateBlocks([new Array<number>(4).fill(KERNEL_FLOATS)]);
  const [p, m, v, g] = one!.arrays as [Float32Array, Float32Array, Float32Array, Float32Array];

  const measures: Measure[] = [
    {
      name: "no padding in linear layers and between them",
      of: "step",
      without: stepper(program, programs.own, paddedBatches),
      as: own,
    },
    {
      name: "the last layer for the tokens that are read",
      of: "step",
      without: stepper(whole, programs.whole, batches),
      as: own,
    },
    { name: "gradients are not copied", of: "step", without: stepper(program, programs.copying, batches), as: own },
    {
      name: "norm and AdamW on all threads",
      of: "norm and AdamW",
      without: () => stepper(program, programs.own, batches, alone)("outside"),
      as: () => own("outside"),
    },
    {
      name: "tables by the rows in use",
      of: "their norm and AdamW",
      without: timed(() => {
        for (const { arrays } of dense) arrays[3]!.fill(0);
        workers.run(dense.map(({ calls, arrays }) => calls.sumOfSquares(arrays[3]!)));
        workers.run(dense.map(({ calls, arrays: [p, m, v, g] }) => calls.adamw(p!, m!, v!, g!, step)));
      }),
      as: timed(() => {
        workers.run(tables.map((table) => table.sumOfSquares()));
        workers.run(tables.flatMap((table) => table.update(step)));
      }),
    },
    {
      name: "AdamW in WebAssembly, not TypeScript",
      of: "a million weights, one thread",
      without: timed(() => referenceKernels.adamw(p, m, v, g, step)),
      as: timed(() => one!.kernels.adamw(p, m, v, g, step)),
    },
    {
      name: "texts of like length together, about 1,024 tokens",
      of: `prediction of ${predicted} texts, ${size} at a time in their order`,
      without: () => predict(inOrder(predicted, size)),
      as: () => predict(batchesByLength({ count: predicted, ids: (i) => tokens.ids(i) }, encoder.virtual)),
    },
  ];

  async function predict(groups: readonly (readonly number[])[]): Promise<number[]> {
    const started = performance.now();
    for (const texts of groups) {
      const batch = packTexts(tokens, texts, encoder);
      const rows = float32(new Float32Array(texts.length * labels.length), [texts.length, labels.length]);
      await programs.prediction.run({ ...memory.weights, ...batchValues(batch, encoder) }, { [LOGITS]: rows });
    }
    return [(performance.now() - started) / 1000];
  }

  return {
    measures,
    dispose: async () => {
      workers.dispose();
      for (const executable of Object.values(programs)) await executable.dispose();
    },
  };
}

/** Indices of texts, so many at a time. */
const inOrder = (count: number, size: number): number[][] =>
  Array.from({ length: Math.ceil(count / size) }, (_, group) =>
    Array.from({ length: Math.min(size, count - group * size) }, (_, i) => group * size + i),
  );

/** Seconds of some repetitions. */
function timed(work: () => void): () => Promise<number[]> {
  return async () =>
    Array.from({ length: 5 }, () => {
      const started = performance.now();
      work();
      return (performance.now() - started) / 1000;
    });
}

/** A program whose outputs onnxruntime-node copies after it has filled them, as it does by itself. */
async function copying(outputs: Readonly<Record<string, Tensor>>, threads: number): Promise<Executable> {
  const session = await ort.InferenceSession.create(toOnnx(outputs), {
    ...{ intraOpNumThreads: threads, interOpNumThreads: 1, enableMemPattern: false },
    extra: { session: { force_spinning_stop: "1" } },
  });
  return {
    run: async (inputs, results) => {
      const feeds = Object.fromEntries(session.inputNames.map((name) => [name, view(name, inputs[name])]));
      await session.run(
        feeds,
        Object.fromEntries(Object.keys(outputs).map((name) => [name, view(name, results[name])])),
      );
    },
    dispose: () => session.release(),
  };
}
