/** `attune train`. */
import type { Command } from "commander";
import { resume, train } from "../../run/train.ts";
import type { TrainEvent } from "../../run/train-events.ts";
import type { TrainOptions } from "../../run/train-options.ts";
import { trackTraining } from "../../track/tracking.ts";
import { addTrainFlags } from "../option-flags.ts";
import { showTraining } from "../progress.ts";
import { addRunActions, addTrackFlag, type RunManner } from "../run-command.ts";
import { stopSignal } from "../stop-signal.ts";
import { trainExamples } from "../train-help.ts";

export function trainCommand(command: Command): void {
  command.usage("--data DATA --out RUN [options]");
  addTrainFlags(command);
  command.addHelpText("after", trainExamples);
  addTrackFlag(command);
  const context = () => ({ signal: stopSignal(), startedAgo: performance.now() });
  addRunActions(command, {
    begin: (given, spell, how) => show(train(given as unknown as TrainOptions, { ...context(), spell }), how),
    goOn: (run, how) => show(resume(run, context()), how),
  });
}

const show = (events: AsyncIterable<TrainEvent>, { quiet, tracking }: RunManner): Promise<void> =>
  showTraining(tracking ? trackTraining(events, tracking) : events, { quiet });
