/** Which figures of a run's events go to trackers, and under which names. */
import type { TrainEvent } from "../run/train-events.ts";
import type { SplitMetrics } from "../train/metrics.ts";

type Values = Readonly<Record<string, number | undefined>>;

/** None for events that measure nothing. */
export function figuresOf(event: TrainEvent): Readonly<Record<string, number>> {
  switch (event.type) {
    case "step":
      return named("train", {
        loss: event.loss,
        learning_rate: event.learningRate,
        gradient_norm: event.gradientNorm,
        texts_per_second: event.examples / event.seconds,
      });
    case "epoch":
      return {
        ...named("train", { epoch: event.epoch, epoch_loss: event.trainLoss }),
        ...named("validation", qualityOf(event.validation)),
      };
    // Before training and after it.
    case "base":
      return named("test", qualityOf(event.test));
    case "result": {
      const { test, seconds, memory } = event.result;
      return {
        ...named("test", qualityOf(test)),
        ...named("run", { seconds: seconds.total, peak_rss_bytes: memory.peakRssBytes }),
      };
    }
    default:
      return {};
  }
}

const qualityOf = ({ loss, accuracy, precision, recall, f1, microF1, calibrationError }: SplitMetrics): Values => ({
  ...{ loss, accuracy, precision, recall, f1 },
  micro_f1: microF1,
  calibration_error: calibrationError,
});

/** What is not measured, or is no number, is left out: JSON has no word for it. */
const named = (group: string, values: Values): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value !== undefined && Number.isFinite(value) ? [[`${group}/${name}`, value]] : [],
    ),
  );
