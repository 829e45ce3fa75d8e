/** What a run is worth, held against what costs nothing: said at its end, in result.json and in reports. */
import { metric, percent } from "../base/format.ts";
import type { Baselines } from "../inspection/baselines.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { EpochResult } from "../train/trainer.ts";

export interface Verdict {
  /** Whether it beats the most frequent label in accuracy, and bag of words in macro F1, on the test texts. */
  readonly beatsBaselines: boolean;
  /** One sentence with the figures. */
  readonly summary: string;
  /** Where it does not: what seems to be the reason, the likeliest first. */
  readonly reasons: readonly string[];
  /** And what to try next. */
  readonly next: readonly string[];
}

/** What a verdict looks at. */
export interface Judged {
  readonly test: SplitMetrics;
  readonly base: SplitMetrics;
  readonly epochs: readonly EpochResult[];
  readonly steps: number;
  /** Training texts. */
  readonly texts: number;
  /** And of each label. */
  readonly textsByLabel: readonly number[];
  /** Whether rates and epochs were chosen by the recipe `tuned`. */
  readonly isTuned: boolean;
  /** Whether the head is not the one that fits the model's files. */
  readonly hasOtherHead: boolean;
  /** Whether nothing but the head is trained. */
  readonly isFrozen: boolean;
  readonly baselines: Baselines;
}

/** Training loss that falls by less than this share of what it was before training: nothing is learned. */
const LITTLE = 0.1;
/** Fewer steps than these are few for any task. */
const FEW_STEPS = 300;
/** And so few training texts, however many steps are made of them. */
const FEW_TEXTS = 100;
/** Where more than this share of the training texts have one label, the others hardly count. */
const LOPSIDED = 0.9;

export function verdictOf(run: Judged): Verdict {
  const { majority, bagOfWords } = run.baselines;
  const { accuracy, f1 } = run.test;
  if (majority?.accuracy === 1)
    return {
      beatsBaselines: false,
      summary: `What this model has learned cannot be said: all test texts have the same label. Its accuracy is ${metric(accuracy)}, where always answering that label has 1.0000.`,
      reasons: [],
      next: ["give the other labels test texts too"],
    };
  const isAboveMajority = !majority || accuracy > majority.accuracy;
  const isAboveWords = f1 > bagOfWords.f1;
  const words = `logistic regression on word counts has ${metric(bagOfWords.f1)}`;
  if (isAboveMajority && isAboveWords)
    return {
      beatsBaselines: true,
      summary: `Macro F1 ${metric(f1)} on test, where ${words}.`,
      reasons: [],
      next: [],
    };
  const summary = isAboveMajority
    ? `This model is worse than counting words: macro F1 ${metric(f1)} on test, where ${words}.`
    : `This model has learned nothing: accuracy ${metric(accuracy)} on test, where always answering the most frequent label has ${metric(majority.accuracy)}.`;
  const found = causes.filter(({ applies }) => applies(run));
  return {
    beatsBaselines: false,
    summary,
    reasons: found.map(({ reason }) => reason(run)),
    next: [...new Set(found.map(({ next }) => next(run)))],
  };
}

interface Cause {
  applies(run: Judged): boolean;
  reason(run: Judged): string;
  next(run: Judged): string;
}

const lossFell = ({ epochs, base }: Judged): number => 1 - Math.min(...epochs.map((e) => e.trainLoss)) / base.loss;
const withoutTexts = ({ textsByLabel }: Judged): number => textsByLabel.filter((texts) => texts === 0).length;
const largestShare = ({ texts, textsByLabel }: Judged): number => Math.max(...textsByLabel) / texts;
const last = ({ epochs }: Judged): EpochResult | undefined => epochs.at(-1);

const byRecipe = (run: Judged): string =>
  run.isTuned ? "give it more --epochs" : "leave --learning-rate and --epochs out, so that the recipe tuned sets them";

/** The likeliest first. */
const causes: readonly Cause[] = [
  {
    applies: (run) => withoutTexts(run) > 0,
    reason: (run) => `${withoutTexts(run)} of ${run.textsByLabel.length} labels have no training text`,
    next: () => "give every label some training texts",
  },
  {
    // Texts with any number of labels have no majority.
    applies: (run) => run.baselines.majority !== undefined && largestShare(run) > LOPSIDED,
    reason: (run) =>
      `${percent(largestShare(run))} of the training texts have the same label, and the rarest label has ${Math.min(...run.textsByLabel)} of them`,
    next: () => "give the rare labels more texts, or more weight with --class-weights balanced",
  },
  {
    applies: (run) => run.texts < FEW_TEXTS,
    reason: (run) => `${run.texts} training texts are few`,
    next: () => "give it more training texts",
  },
  {
    // Of a probe with the recipe's rate that is the encoder's doing.
    applies: (run) => lossFell(run) < LITTLE && !(run.isFrozen && run.isTuned),
    reason: () => "the training loss hardly fell, so the learning rate is too low or the steps are too few",
    next: byRecipe,
  },
  {
    applies: ({ isFrozen }) => isFrozen,
    reason: () => "the encoder stays as it is, and what it puts out may not tell these labels apart",
    next: () => "train within the encoder too, with --method lora or --method full",
  },
  {
    applies: (run) => lossFell(run) >= LITTLE && run.epochs.length > 1 && last(run)!.epoch === bestEpoch(run),
    reason: () => "the last epoch was the best, so training had not come to its end",
    next: byRecipe,
  },
  {
    applies: ({ steps }) => steps < FEW_STEPS,
    reason: ({ steps }) => `${steps} steps are few`,
    next: byRecipe,
  },
  {
    applies: ({ hasOtherHead }) => hasOtherHead,
    reason: () => "the head is not the one that the model's files ask for",
    next: () => "leave --head out",
  },
  {
    applies: () => true,
    reason: () => "the texts may be too few, or their labels not follow from what they say",
    next: () => "look at the data with attune inspect, or take a larger model",
  },
];

const bestEpoch = ({ epochs }: Judged): number =>
  epochs.reduce((best, one) => (one.validation.f1 > best.validation.f1 ? one : best)).epoch;

/** The verdict in lines for a terminal: only the summary where there is nothing to complain of. */
export const verdictLines = ({ summary, reasons, next }: Verdict): string[] => [
  summary,
  ...(reasons.length > 0 ? [`Likely because ${reasons[0]}.`] : []),
  ...(next.length > 0 ? [`Try next: ${next.join("; ")}.`] : []),
];
