/** Which figures of a run's events go to trackers, and under which names. */
import type { TrainEvent } from "../run/train-events.ts";
import type { SplitMetrics } from "../train/metrics.ts";

/** None for events that measure nothing. */
export function figuresOf(event: TrainEvent): Readonly<Record<string, number>> {
  switch (event.type) {
    case "step":
      return finite({
        "train/loss": event.loss,
        "train/learning_rate": event.learningRate,
        "train/gradient_norm": event.gradientNorm,
        "train/texts_per_second": event.examples / event.seconds,
      });
    case "epoch":
      return finite({
        "train/epoch": event.epoch,
        "train/epoch_loss": event.trainLoss,
        ...named("validation", event.validation),
      });
    // Before training and after it.
    case "base":
      return finite(named("test", event.test));
    case "result":
      return finite({
        ...named("test", event.result.test),
        "run/seconds": event.result.seconds.total,
        "run/peak_rss_bytes": event.result.memory.peakRssBytes,
      });
    default:
      return {};
  }
}

const named = (split: string, { loss, accuracy, precision, recall, f1, microF1, calibrationError }: SplitMetrics) => ({
  [`${split}/loss`]: loss,
  [`${split}/accuracy`]: accuracy,
  [`${split}/precision`]: precision,
  [`${split}/recall`]: recall,
  [`${split}/f1`]: f1,
  [`${split}/micro_f1`]: microF1,
  [`${split}/calibration_error`]: calibrationError,
});

/** What is not measured, or is no number, is left out: JSON has no word for it. */
const finite = (values: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(values).filter((pair): pair is [string, number] => Number.isFinite(pair[1])));
