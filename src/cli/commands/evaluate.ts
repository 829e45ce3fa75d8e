/** `attune evaluate`. */
import type { Command } from "commander";
import { flagOf } from "../../base/command-text.ts";
import { jsonText } from "../../base/escape.ts";
import { load } from "../../classifier/classifier.ts";
import type { SplitName } from "../../tables/dataset.ts";
import { checkedDataOptions, DATA, type DataOptions, dataOptions } from "../../tables/table-options.ts";
import { showFetch } from "../hub-progress.ts";
import { addLoadFlags, type LoadFlags, loadOptions, onlyFolderOf, splitOption, wholeNumber } from "../load-flags.ts";
import { metricsReport } from "../metrics-report.ts";
import { addFlags, toNumber } from "../option-flags.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags extends LoadFlags, DataOptions {
  readonly data: string;
  readonly dataRevision?: string;
  readonly configName?: string;
  readonly split?: SplitName;
  readonly seed?: number | string;
  readonly json?: boolean;
}

export function evaluateCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .requiredOption("--data <path>", DATA)
    .option("--data-revision <text>", "branch, tag or commit of data on the Hub (default: main)")
    .option(
      "--config-name <text>",
      "configuration of a data set that has several (default: the one that the data set names)",
    )
    .addOption(splitOption("split to measure (default: test of a folder, all rows of a file)"))
    .option("--seed <N>", "seed of splits that Attune makes (default: that of the run)", toNumber);
  // How many labels a text may have is the model's to say.
  addFlags(command, dataOptions.omit({ multiLabel: true }));
  addLoadFlags(command);
  command
    .option("--json", "print one JSON object")
    .action(
      async (given: string | undefined, { json, seed, data, dataRevision, configName, split, ...flags }: Flags) => {
        const choice = {
          ...checkedDataOptions(flags, flagOf),
          ...(dataRevision !== undefined && { dataRevision }),
          ...(configName !== undefined && { configName }),
          ...(split && { split }),
          ...(seed !== undefined && { seed: wholeNumber("seed", seed, 0) }),
        };
        const fetching = { signal: stopSignal(), onFetch: showFetch() };
        const classifier = await load(onlyFolderOf(given, flags), { ...loadOptions(flags), ...fetching });
        const { metrics, examples, notes } = await classifier.evaluate({ data, ...choice, ...fetching });
        await classifier.dispose();
        for (const note of notes) writeError(`attune: ${note}\n`);
        const output = json ? jsonText({ examples, ...metrics }) : metricsReport(metrics, examples);
        writeOut(`${output}\n`);
      },
    );
}
