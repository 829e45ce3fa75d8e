/** `attune inspect`. */
import type { Command } from "commander";
import { checkedDataOptions, DATA, dataOptions } from "../../run/data-options.ts";
import { inspect } from "../../run/inspect.ts";
import { showFetch } from "../hub-progress.ts";
import { inspectReport } from "../inspect-report.ts";
import { wholeNumber } from "../load-flags.ts";
import { addFlags, flagOf, toNumber } from "../option-flags.ts";

interface Flags {
  readonly model?: string;
  readonly configName?: string;
  readonly maxLength?: number | string;
  readonly seed?: number | string;
  readonly json?: boolean;
}

export function inspectCommand(command: Command): void {
  command
    .argument("<data>", DATA)
    .option("--model <path>", "folder of a model, or its name, whose tokens are counted")
    .option("--config-name <text>", "configuration of the data, where they have several (default: theirs)")
    .option("--max-length <N>", "longest text in tokens (default: the model's positions)", toNumber)
    .option("--seed <N>", "seed of splits that have to be made (default: 42)", toNumber);
  addFlags(command, dataOptions);
  command
    .option("--json", "print one JSON object")
    .action(async (data: string, { model, configName, maxLength, seed, json, ...flags }: Flags) => {
      const options = {
        ...checkedDataOptions(flags, flagOf),
        data,
        ...(configName !== undefined && { configName }),
        ...(model !== undefined && { model }),
        ...(maxLength !== undefined && { maxLength: wholeNumber("maxLength", maxLength, 2) }),
        ...(seed !== undefined && { seed: wholeNumber("seed", seed, 0) }),
      };
      const found = await inspect(options, { onEvent: showFetch() });
      process.stdout.write(`${json ? JSON.stringify(found) : inspectReport(found)}\n`);
    });
}
