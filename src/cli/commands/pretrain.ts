/** `attune pretrain`. */
import type { Command } from "commander";
import { pretrain, resumePretraining } from "../../pretrain/pretrain.ts";
import { pretrainOptions, resolvePretrainOptions } from "../../pretrain/pretrain-options.ts";
import { addFlags } from "../option-flags.ts";
import { showPretraining } from "../pretrain-progress.ts";
import { addRunActions } from "../run-command.ts";
import { stopSignal } from "../stop-signal.ts";

export function pretrainCommand(command: Command): void {
  command.usage("--data DATA --out RUN (--from MODEL | --new) [options]");
  addFlags(command, pretrainOptions);
  const context = () => ({ signal: stopSignal() });
  addRunActions(command, {
    begin: (given, spell, { quiet }) =>
      showPretraining(pretrain(resolvePretrainOptions(given, spell), context()), { quiet }),
    goOn: (run, { quiet }) => showPretraining(resumePretraining(run, context()), { quiet }),
  });
}
