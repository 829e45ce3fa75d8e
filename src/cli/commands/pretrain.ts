/** `attune pretrain`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { pretrainOptions, resolvePretrainOptions } from "../../pretrain/options.ts";
import { pretrain, resumePretraining } from "../../pretrain/pretrain.ts";
import { readConfigFile } from "../config-file.ts";
import { addFlags, flagOf } from "../option-flags.ts";
import { showPretraining } from "../pretrain-progress.ts";
import { stopSignal } from "../stop-signal.ts";

interface Flags {
  readonly config?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
  readonly [option: string]: unknown;
}

export function pretrainCommand(command: Command): void {
  command.usage("--data DATA --out RUN (--from MODEL | --new) [options]");
  addFlags(command, pretrainOptions);
  command
    .option("--config <file>", "options from a YAML file, by the same names; those given here count more")
    .option("--resume <run>", "go on with a run that was interrupted, with its own options")
    .option("--quiet", "print nothing but errors")
    .action(async ({ config, resume: run, quiet = false, ...given }: Flags) => {
      const context = { signal: stopSignal() };
      if (run !== undefined) {
        const extra = Object.keys({ ...(config && { config }), ...given })[0];
        if (extra)
          throw new AttuneError(
            "options/resume",
            `${flagOf(extra)} cannot be used with --resume: a run keeps its options`,
          );
        await showPretraining(resumePretraining(run, context), { quiet });
        return;
      }
      const fromFile = config === undefined ? {} : readConfigFile(config);
      const spell = (key: string) => (key in given || !(key in fromFile) ? flagOf(key) : `${key} in ${config}`);
      const options = resolvePretrainOptions({ ...fromFile, ...given }, spell);
      await showPretraining(pretrain(options, context), { quiet });
    });
}
