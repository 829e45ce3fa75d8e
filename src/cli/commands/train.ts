/** `attune train`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { resolveOptions } from "../../run/options.ts";
import { resume, train } from "../../run/train.ts";
import { readConfigFile } from "../config-file.ts";
import { addTrainFlags, flagOf } from "../option-flags.ts";
import { showTraining } from "../progress.ts";
import { stopSignal } from "../stop-signal.ts";

interface Flags {
  readonly config?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
  readonly [option: string]: unknown;
}

export function trainCommand(command: Command): void {
  command.usage("--model DIR --data DIR|FILE --out RUN [options]");
  addTrainFlags(command);
  command
    .option("--config <file>", "options from a YAML file, by the same names; those given here count more")
    .option("--resume <run>", "go on with a run that was interrupted, with its own options")
    .option("--quiet", "print nothing but errors")
    .action(async ({ config, resume: run, quiet, ...given }: Flags) => {
      const context = { signal: stopSignal(), startedAgo: performance.now() };
      if (run !== undefined) {
        const extra = Object.keys({ ...(config && { config }), ...given })[0];
        if (extra)
          throw new AttuneError(
            "options/resume",
            `${flagOf(extra)} cannot be used with --resume: a run keeps its options`,
          );
        await showTraining(resume(run, context), { quiet: quiet ?? false });
        return;
      }
      const fromFile = config === undefined ? {} : readConfigFile(config);
      const spell = (key: string) => (key in given || !(key in fromFile) ? flagOf(key) : `${key} in ${config}`);
      const options = resolveOptions({ ...fromFile, ...given }, spell);
      await showTraining(train(options, context), { quiet: quiet ?? false });
    });
}
