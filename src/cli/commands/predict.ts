/** `attune predict`. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { type Need, requireEffect } from "../../base/unused-options.ts";
import { makeFolder, writeWhole } from "../../base/write-whole.ts";
import { type Classifier, load, type PredictTableOptions } from "../../classifier/classifier.ts";
import type { SplitName, Text } from "../../tables/dataset.ts";
import { checkedDataOptions, dataOptions } from "../../tables/table-options.ts";
import { showFetch } from "../hub-progress.ts";
import { linesOf } from "../lines.ts";
import { addLoadFlags, folderOf, type LoadFlags, loadOptions, splitOption } from "../load-flags.ts";
import { addFlags, flagOf } from "../option-flags.ts";
import { jsonOf, lineOf, tableOf } from "../prediction-lines.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags extends LoadFlags {
  readonly json?: boolean;
  readonly pair?: boolean;
  readonly data?: string;
  readonly dataRevision?: string;
  readonly configName?: string;
  readonly split?: SplitName;
  readonly out?: string;
}

const TABLE = "Options of --data:";
const reading = dataOptions.pick({
  text: true,
  id: true,
  delimiter: true,
  quote: true,
  escape: true,
  encoding: true,
  header: true,
});

export function predictCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .argument("[texts...]", "texts to classify; without any, standard input is read, one text per line")
    .option("--pair", "each text is a sentence pair, separated by a tab (default: as in training)");
  addLoadFlags(command);
  command
    .option("--json", 'print one JSON object per line: {"text": …, "label": …, "probabilities": {…}, "scores": […]}')
    .option(
      "--data <path>",
      "classify the rows of a table, labelled or not, instead of texts: a file, a folder (its test split), or a name on the Hub",
    );
  command.optionsGroup(TABLE);
  command
    .option("--out <file>", "write ids and labels to this CSV file, which must not exist yet")
    .addOption(splitOption("split to classify (default: test of a folder, all rows of a file)"))
    .option("--data-revision <text>", "branch, tag or commit of data on the Hub (default: main)")
    .option(
      "--config-name <text>",
      "configuration of a data set that has several (default: the one that the data set names)",
    );
  addFlags(command, reading);
  command.action(async (first: string | undefined, others: string[], flags: Flags) => {
    const [folder, ...texts] = folderOf([first, ...others], flags);
    requireEffect(needs, flags, (key) => flags[key as keyof Flags] !== undefined, flagOf);
    const { data, out } = flags;
    if (data !== undefined && texts.length > 0)
      throw new AttuneError("options/texts", `both --data and texts are given (${texts[0]}); one of them at a time`);
    if (out !== undefined && existsSync(out))
      throw new AttuneError("predict/exists", `${out}: this exists already; choose another --out`);
    const context = { signal: stopSignal(), onFetch: showFetch() };
    const classifier = await load(folder, { ...loadOptions(flags), ...context });
    if (data === undefined) await predictTexts(classifier, texts, flags, context.signal);
    else await predictTable(classifier, { ...tableOptions(flags, data), ...context }, flags);
    await classifier.dispose();
  });
}

const needs: readonly Need<Flags>[] = [
  {
    options: ["out", "split", "dataRevision", "configName", ...Object.keys(reading.shape)],
    lacks: ({ data }) => (data === undefined ? "without --data" : undefined),
  },
  { options: ["pair"], lacks: ({ data }) => (data === undefined ? undefined : "with --data, whose --text says it") },
  { options: ["json"], lacks: ({ out }) => (out === undefined ? undefined : "with --out, which is a CSV file") },
];

async function predictTexts(
  classifier: Classifier,
  texts: readonly string[],
  { pair = classifier.takesPairs, json }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const print = json ? jsonOf : lineOf;
  for await (const lines of texts.length > 0 ? [texts] : linesOf(process.stdin)) {
    const batch = lines.map((line): Text => (pair ? pairOf(line) : line));
    const predictions = await classifier.predict(batch, signal);
    writeOut(batch.map((text, i) => `${print(text, predictions[i]!)}\n`).join(""));
  }
}

function tableOptions({ dataRevision, configName, split, ...flags }: Flags, data: string): PredictTableOptions {
  return {
    ...checkedDataOptions(flags, flagOf),
    data,
    ...(dataRevision !== undefined && { dataRevision }),
    ...(configName !== undefined && { configName }),
    ...(split && { split }),
  };
}

async function predictTable(classifier: Classifier, options: PredictTableOptions, { json, out }: Flags): Promise<void> {
  const found = await classifier.predictTable(options);
  for (const note of found.notes) writeError(`attune: ${note}\n`);
  if (out !== undefined) {
    const table = await tableOf(found);
    makeFolder(dirname(resolve(out)));
    writeWhole(out, table);
    writeOut(`${out}\n`);
    return;
  }
  for await (const row of found.rows) writeOut(`${json ? jsonOf(row.text, row) : lineOf(row.text, row)}\n`);
}

function pairOf(line: string): [string, string] {
  const tab = line.indexOf("\t");
  if (tab >= 0) return [line.slice(0, tab), line.slice(tab + 1)];
  throw new AttuneError(
    "predict/pair",
    `there is no tab in ${JSON.stringify(line.slice(0, 60))}: this model reads two texts, with a tab between`,
  );
}
