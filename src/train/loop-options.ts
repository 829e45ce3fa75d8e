/** How to train, after all defaults. What each option means is described where users set it: run/options.ts. */
import type { ScheduleName } from "./schedule.ts";

export const bestMetrics = ["loss", "accuracy", "f1"] as const;
export type BestMetric = (typeof bestMetrics)[number];

/** What is done about labels that are rare. */
export const balanceNames = ["none", "oversample"] as const;

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly gradientAccumulation: number;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly bestMetric: BestMetric;
  /** Epochs without a better one after which training ends; 0 never. */
  readonly earlyStopping: number;
}
