/** `attune evaluate`. */
import { type Command, Option } from "commander";
import type { SplitName } from "../../data/dataset.ts";
import { load } from "../../run/classifier.ts";
import { addLoadFlags, type LoadFlags, loadOptions, onlyFolderOf, wholeNumber } from "../load-flags.ts";
import { metricsReport } from "../metrics-report.ts";
import { toNumber } from "../option-flags.ts";
import { stopSignal } from "../stop-signal.ts";

interface Flags extends LoadFlags {
  readonly data: string;
  readonly split?: SplitName;
  readonly text?: string;
  readonly label?: string;
  readonly seed?: number | string;
  readonly json?: boolean;
}

export function evaluateCommand(command: Command): void {
  command
    .argument("[run|model]", "folder of a finished run, or of a classifier in Transformers' layout")
    .requiredOption("--data <path>", "labelled texts: a folder with splits, or one CSV, TSV, JSONL or Parquet file")
    .addOption(
      new Option("--split <name>", "which split (default: test of a folder, all rows of a file)").choices([
        "train",
        "validation",
        "test",
      ]),
    )
    .option("--text <column>", "column that holds the text (default: text)")
    .option("--label <column>", "column that holds the label (default: label)")
    .option("--seed <N>", "seed of splits that have to be made (default: that of the run)", toNumber);
  addLoadFlags(command);
  command
    .option("--json", "print one JSON object")
    .action(async (given: string | undefined, { json, seed, data, split, text, label, ...flags }: Flags) => {
      const choice = {
        ...(split && { split }),
        ...(text && { text }),
        ...(label && { label }),
        ...(seed !== undefined && { seed: wholeNumber("seed", seed, 0) }),
      };
      const classifier = await load(onlyFolderOf(given, flags), loadOptions(flags));
      const { metrics, examples, notes } = await classifier.evaluate({ data, ...choice, signal: stopSignal() });
      await classifier.dispose();
      for (const note of notes) process.stderr.write(`attune: ${note}\n`);
      const output = json ? JSON.stringify({ examples, ...metrics }) : metricsReport(metrics, examples);
      process.stdout.write(`${output}\n`);
    });
}
