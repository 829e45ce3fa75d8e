/** `attune train`. */
import type { Command } from "commander";
import { resume, train } from "../../run/train.ts";
import type { TrainOptions } from "../../run/train-options.ts";
import { addTrainFlags } from "../option-flags.ts";
import { showTraining } from "../progress.ts";
import { addRunActions } from "../run-command.ts";
import { stopSignal } from "../stop-signal.ts";
import { trainExamples } from "../train-help.ts";

export function trainCommand(command: Command): void {
  command.usage("--data DATA --out RUN [options]");
  addTrainFlags(command);
  command.addHelpText("after", trainExamples);
  const context = () => ({ signal: stopSignal(), startedAgo: performance.now() });
  addRunActions(command, {
    begin: (given, spell, quiet) =>
      showTraining(train(given as unknown as TrainOptions, { ...context(), spell }), { quiet }),
    goOn: (run, quiet) => showTraining(resume(run, context()), { quiet }),
  });
}
