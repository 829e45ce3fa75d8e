/** What pre-training says while it goes on. */
import type { FetchEvent } from "../hub/fetch-events.ts";

/** The held-out text, measured. */
export interface HeldOutMetrics {
  /** Optimizer steps done. */
  readonly step: number;
  /** Mean cross-entropy of the masked tokens, in nats. */
  readonly loss: number;
  /** e to the loss. */
  readonly perplexity: number;
  /** Mean of 1 - cosine to the teacher's embeddings, where there is a teacher. */
  readonly distance?: number;
}

export interface PretrainResult {
  readonly heldOut: readonly HeldOutMetrics[];
  readonly steps: number;
  /** Tokens read in training, all epochs together. */
  readonly tokens: number;
  readonly seconds: { readonly train: number; readonly evaluation: number; readonly total: number };
  readonly tokensPerSecond: number;
  readonly parameters: number;
  readonly peakRssBytes: number;
}

/** The last event: what result.json holds. */
export interface PretrainResultEvent {
  readonly type: "result";
  readonly result: PretrainResult;
  readonly notes: readonly string[];
}

export type PretrainEvent =
  | FetchEvent
  | {
      readonly type: "start";
      readonly out: string;
      /** Blocks or passages. */
      readonly passages: { readonly train: number; readonly heldOut: number };
      /** Tokens of one pass over the training part. */
      readonly tokens: number;
      readonly parameters: number;
      readonly totalSteps: number;
      readonly resumedAtStep: number;
      readonly notes: readonly string[];
    }
  | {
      readonly type: "step";
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Before clipping. */
      readonly gradientNorm: number;
      readonly tokens: number;
      readonly seconds: number;
    }
  | ({ readonly type: "heldOut" } & HeldOutMetrics)
  | { readonly type: "checkpoint"; readonly path: string; readonly step: number }
  | PretrainResultEvent;
