/**
 * `--layers top:auto`: trains a third, a half and two thirds of the layers for a tenth of the run each, and takes the fewest
 * whose loss on validation is no worse than chance explains.
 */

import { closingAfter } from "../base/cleanups.ts";
import { AttuneError } from "../base/error.ts";
import { grouped } from "../base/format.ts";
import { mean, standardDeviation } from "../base/spread.ts";
import type { Engine } from "../engine/engine.ts";
import { TOP_AUTO, topLayersToTry } from "../methods/layers.ts";
import { openModel } from "../pretrained/open-model.ts";
import { limitTrain } from "../tables/limit-train.ts";
import { lossOfEach } from "../train/evaluate.ts";
import { initialState, trainEpochs } from "../train/trainer.ts";
import { prepareChecked } from "./prepare-checked.ts";
import { type Evaluation, openTexts, type PrepareContext, type PreparedRun } from "./prepare-run.ts";
import type { ChoosingEvent } from "./train-events.ts";
import { methodOfRun, type ResolvedTrainOptions } from "./train-options.ts";

/** The share of a run's steps that a trial has, with a schedule of its own: measured in docs/recipes.md. */
const SHARE = 0.1;
/** Fewer tell little; data that have no more are used whole. */
const LEAST_TEXTS = 1000;

export interface TriedLayers {
  /** How many of the upper layers. */
  readonly layers: number;
  /** After the trial's last epoch, on the validation split. */
  readonly loss: number;
  readonly f1: number;
}

export interface LayerSearch {
  /** As `--layers` has it. */
  readonly chosen: `top:${number}`;
  readonly reason: string;
  /** Of each trial, and training texts of each epoch. */
  readonly epochs: number;
  readonly texts: number;
  /** The fewest layers first; none where there was nothing to choose from. */
  readonly tried: readonly TriedLayers[];
}

/** Epochs of a trial, and training texts of each, for a run of so many. */
export function trialSize(texts: number, epochs: number): { readonly texts: number; readonly epochs: number } {
  const share = SHARE * epochs;
  return share < 1
    ? { epochs: 1, texts: Math.min(texts, Math.max(LEAST_TEXTS, Math.round(share * texts))) }
    : { epochs: Math.round(share), texts };
}

export const choosesLayers = (options: ResolvedTrainOptions): boolean =>
  methodOfRun(options).options.layers === TOP_AUTO;

export async function* chooseLayers(
  options: ResolvedTrainOptions,
  engine: Engine,
  context: PrepareContext = {},
): AsyncGenerator<ChoosingEvent, LayerSearch> {
  const whole = context.dataset ?? (await openTexts(options));
  const model = await openModel(options.model, whole.labels);
  model.close();
  const { encoder } = model;
  const counts = topLayersToTry(encoder);
  const size = trialSize(whole.splits.train.length, options.epochs);
  if (counts.length === 1) {
    const reason = encoder.sameLayers?.length
      ? "layers of this model are one, run again and again, so that all are trained"
      : `with ${encoder.layers} layers in the model there is no other number to choose`;
    return { chosen: `top:${counts[0]!}`, reason, ...size, tried: [] };
  }
  const dataset = limitTrain(whole, size.texts, options.seed);
  const trials: Trial[] = [];
  for (const layers of counts) {
    yield { type: "choosing", what: "layers", done: trials.length, of: counts.length };
    const trial = { ...options, layers: `top:${layers}`, epochs: size.epochs, earlyStopping: 0 };
    trials.push({ layers, ...(await tryLayers(trial, engine, { ...context, dataset })) });
  }
  return { ...chosenOf(trials, encoder.layers, size), ...size, tried: trials.map(({ losses: _, ...tried }) => tried) };
}

interface Trial extends TriedLayers {
  readonly losses: Float64Array;
}

/** The fewest layers within one standard error of the lowest loss (Breiman et al. 1984), both on the same texts. */
function chosenOf(
  trials: readonly Trial[],
  of: number,
  { epochs, texts }: Pick<LayerSearch, "epochs" | "texts">,
): Pick<LayerSearch, "chosen" | "reason"> {
  const best = trials.reduce((lowest, trial) => (trial.loss < lowest.loss ? trial : lowest));
  const isAsGood = ({ losses }: Trial) => {
    const more = losses.map((loss, i) => loss - best.losses[i]!);
    return mean(more) <= standardDeviation(more) / Math.sqrt(more.length);
  };
  const chosen = trials.find((trial) => trial === best || isAsGood(trial))!;
  const counts = trials.map(({ layers }) => layers).join(", ");
  const trained = `${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${grouped(texts)} training texts`;
  const after = `of the last ${counts} of ${of} layers, after ${trained} each, `;
  const loss = chosen.loss.toFixed(4);
  const reason =
    chosen === best
      ? `${after}${chosen.layers} have the lowest validation loss (${loss})`
      : `${after}${chosen.layers} are the fewest whose validation loss (${loss}) is within one standard error of the lowest (${best.loss.toFixed(4)} with ${best.layers})`;
  return { chosen: `top:${chosen.layers}`, reason };
}

const tryLayers = (options: ResolvedTrainOptions, engine: Engine, context: PrepareContext) =>
  closingAfter(async (opened) => {
    const { prepared } = await prepareChecked(options, engine, context);
    opened.add(prepared.dispose);
    return trained(prepared, context.signal);
  });

async function trained(run: PreparedRun, signal: AbortSignal | undefined): Promise<Omit<Trial, "layers">> {
  await run.beginWithHead?.();
  let last: Evaluation | undefined;
  const validate = async () => {
    last = await run.evaluate("validation");
    return last.metrics;
  };
  const job = { ...run.job, validate };
  for await (const _ of trainEpochs(job, initialState()))
    if (signal?.aborted)
      throw new AttuneError(
        "train/interrupted",
        "stopped while numbers of layers were tried; train anew",
        "interrupted",
      );
  const { metrics, logits } = last!;
  const { labels, splits } = run.dataset;
  const losses = lossOfEach(logits, splits.validation.truths(), labels.length);
  return { loss: metrics.loss, f1: metrics.f1, losses };
}
