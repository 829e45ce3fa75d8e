/** `attune inspect`. Ctrl-C ends it at once: what it does can be done again, and a download goes on. */
import type { Command } from "commander";
import { flagOf } from "../../base/command-text.ts";
import { jsonText } from "../../base/escape.ts";
import { plainText } from "../../document/plain-text.ts";
import { type InspectOptions, inspect } from "../../inspection/inspect-texts.ts";
import { dataBlocks } from "../../report/data-blocks.ts";
import { checkedDataOptions, DATA, dataOptions } from "../../tables/table-options.ts";
import { showFetch } from "../hub-progress.ts";
import { wholeNumber } from "../load-flags.ts";
import { addFlags, toNumber } from "../option-flags.ts";
import { writeOut } from "../write-text.ts";

interface Flags extends Pick<InspectOptions, "dataRevision" | "configName" | "model" | "revision"> {
  readonly maxLength?: number | string;
  readonly seed?: number | string;
  readonly json?: boolean;
}

export function inspectCommand(command: Command): void {
  command
    .argument("<data>", DATA)
    .option("--data-revision <text>", "branch, tag or commit of data on the Hub (default: main)")
    .option(
      "--config-name <text>",
      "configuration of a data set that has several (default: the one that the data set names)",
    )
    .option("--model <path>", "model whose tokens are counted: a folder, or a name on the Hub or in Attune")
    .option("--revision <text>", "branch, tag or commit of a model on the Hub (default: main)")
    .option(
      "--max-length <N>",
      "maximum length of a text in tokens (default: as the model's files say, or as many as it has positions)",
      toNumber,
    )
    .option("--seed <N>", "seed of splits that Attune makes (default: 42)", toNumber);
  addFlags(command, dataOptions);
  command.option("--json", "print one JSON object").action(async (data: string, { json, ...flags }: Flags) => {
    const { maxLength, seed, dataRevision, configName, model, revision, ...reading } = flags;
    const found = await inspect({
      ...checkedDataOptions(reading, flagOf),
      data,
      ...(dataRevision !== undefined && { dataRevision }),
      ...(configName !== undefined && { configName }),
      ...(model !== undefined && { model }),
      ...(revision !== undefined && { revision }),
      ...(maxLength !== undefined && { maxLength: wholeNumber("maxLength", maxLength, 2) }),
      ...(seed !== undefined && { seed: wholeNumber("seed", seed, 0) }),
      onFetch: showFetch(),
    });
    const text = () => [`Read as ${found.reading}.`, ...found.notes, "", plainText(dataBlocks(found))].join("\n");
    writeOut(`${json ? jsonText(found) : text()}\n`);
  });
}
