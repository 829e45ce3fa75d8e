/** Heads that learn from frozen features: compiled once, and trained anew for each fold within a second or so. */
import { type Cleanups, closingOnFailure } from "../base/cleanups.ts";
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import type { Engine } from "../engine/engine.ts";
import { adaptModel } from "../methods/adapt.ts";
import { chooseMethod } from "../methods/chosen-method.ts";
import { drawWeights, openModel } from "../pretrained/open-model.ts";
import { plainObjective } from "../train/classification-objective.ts";
import { computeLogits, type FeatureSource, packTexts, type TokenSource } from "../train/evaluate.ts";
import { findFrozenFeatures } from "../train/frozen-features.ts";
import { Optimizer } from "../train/optimizer.ts";
import { classification, evaluationProgram, trainingProgram } from "../train/program.ts";
import { eachTextOnce } from "../train/rare-labels.ts";
import { scheduleFactor } from "../train/schedule.ts";
import { BatchRunner } from "../train/step.ts";
import type { AuditedTexts } from "./audited-texts.ts";
import type { TextFeatures } from "./text-features.ts";

export const headKinds = ["linear", "mlp"] as const;
export type HeadKind = (typeof headKinds)[number];

interface HeadRecipe {
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Before the last layer. */
  readonly dropout: number;
}

/** Found by the log loss of held-out folds (docs/audit.md). */
const RECIPES: Readonly<Record<HeadKind, HeadRecipe>> = {
  linear: { epochs: 12, learningRate: 5e-3, weightDecay: 1, dropout: 0.3 },
  mlp: { epochs: 5, learningRate: 1e-3, weightDecay: 1, dropout: 0.3 },
};
const BATCH_SIZE = 64;
/** Few texts make few batches: then there are more epochs. */
const LEAST_STEPS = 120;
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxGradientNorm: 1 };

/** Which texts a head learns from, and for which it gives logits. */
export interface HeadJob {
  readonly learn: Int32Array;
  readonly answer: Int32Array;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FeatureHead {
  /** Learns from some texts, beginning with weights drawn by the seed, and gives logits [texts, labels] for others. */
  logitsOf(job: HeadJob): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** `model` is the folder that the features are from. */
export const openFeatureHead = (
  kind: HeadKind,
  texts: AuditedTexts,
  features: TextFeatures,
  model: string,
  engine: Engine,
): Promise<FeatureHead> => closingOnFailure((opened) => openHead(kind, texts, features, model, engine, opened));

async function openHead(
  kind: HeadKind,
  { labels, multiLabel, examples }: AuditedTexts,
  features: TextFeatures,
  model: string,
  engine: Engine,
  opened: Cleanups,
): Promise<FeatureHead> {
  const { learningRate, weightDecay, dropout, ...recipe } = RECIPES[kind];
  const head = kind === "mlp" ? (`${features.pooling}+mlp` as const) : features.pooling;
  const pretrained = await openModel(model, labels, { head, headDropout: dropout }, multiLabel);
  pretrained.close();
  const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: pretrained.fresh } as const;
  const { encoder, trained } = adaptModel(pretrained.encoder, chooseMethod("probe"), context);
  const frozen = findFrozenFeatures(encoder, trained);
  const program = trainingProgram(encoder, trained, frozen, classification(encoder, multiLabel));
  const training = await engine.compile(program.outputs);
  opened.add(() => training.dispose());
  const evaluation = await engine.compile(evaluationProgram(encoder, frozen));
  const truths = examples.truths();
  const objective = plainObjective(labels.length, multiLabel);

  const logitsOf = async ({ learn, answer, seed, signal }: HeadJob): Promise<Float32Array> => {
    const store = engine.createStore(trained, { ...program, maxTokens: 0, gradientAccumulation: 1 });
    try {
      // Also where the file has a classifier: it may have been trained on these very texts.
      for (const parameter of trained)
        drawWeights(parameter, store.host[parameter.name]!.data as Float32Array, seed, encoder.initializerRange);
      await store.upload();
      const runner = new BatchRunner(program, training, encoder, store, objective);
      const optimizer = new Optimizer(store, { ...ADAMW, weightDecay });
      const order = eachTextOnce(learn.length, seed);
      const perEpoch = Math.ceil(learn.length / BATCH_SIZE);
      const epochs = Math.max(recipe.epochs, Math.ceil(LEAST_STEPS / perEpoch));
      const steps = epochs * perEpoch;
      for (let epoch = 1, step = 0; epoch <= epochs; epoch++) {
        const shuffled = order.of(epoch);
        for (let from = 0; from < learn.length; from += BATCH_SIZE, step++) {
          if (step % STEPS_PER_TURN === 0) await letIn(signal);
          const chosen = Array.from(shuffled.subarray(from, from + BATCH_SIZE), (i) => learn[i]!);
          const batch = packTexts(tokenless(chosen.length), [...chosen.keys()], encoder, pick(features, chosen));
          await runner.run(
            batch,
            chosen.map((i) => truths[i]!),
            seed,
            step,
          );
          optimizer.receive(batch);
          await optimizer.update(learningRate * scheduleFactor("linear", step, 0, steps));
        }
      }
      const parts = { executable: evaluation, encoder, weights: store.weights, labelCount: labels.length };
      return await computeLogits(parts, tokenless(answer.length), signal, pick(features, answer));
    } finally {
      await store.dispose();
    }
  };
  const dispose = async () => {
    await training.dispose();
    await evaluation.dispose();
  };
  return { logitsOf, dispose };
}

/** Steps take less than a millisecond; the event loop need not be asked after each. */
const STEPS_PER_TURN = 64;

async function letIn(signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  if (signal?.aborted) throw new AttuneError("audit/interrupted", "stopped while heads learned", "interrupted");
}

const TOKEN = Int32Array.of(0);
/** Where features stand for texts, their tokens do not matter. */
const tokenless = (count: number): TokenSource => ({ count, ids: () => TOKEN });

/** The features of some texts, by their place among these. */
const pick = ({ values, width }: TextFeatures, texts: ArrayLike<number>): FeatureSource => ({
  rows: "text",
  width,
  gather: (places) => {
    const gathered = new Float32Array(places.length * width);
    for (const [k, place] of places.entries())
      gathered.set(values.subarray(texts[place]! * width, (texts[place]! + 1) * width), k * width);
    return gathered;
  },
});
