/** `attune predict`. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { flagOf } from "../../base/command-text.ts";
import { AttuneError } from "../../base/error.ts";
import { duration, grouped } from "../../base/format.ts";
import { type Need, requireEffect } from "../../base/unused-options.ts";
import { type Classifier, load, type PredictTableOptions } from "../../classifier/classifier.ts";
import { jsonOf, writePredictions } from "../../classifier/write-predictions.ts";
import { isPartitioned } from "../../machines/partitions.ts";
import type { SplitName, Text } from "../../tables/dataset.ts";
import { checkedDataOptions, textReading as reading } from "../../tables/table-options.ts";
import { showFetch } from "../hub-progress.ts";
import { linesOf } from "../lines.ts";
import { LiveLine } from "../live-line.ts";
import { addLoadFlags, folderOf, type LoadFlags, loadOptions, splitOption, wholeNumber } from "../load-flags.ts";
import { addFlags, toNumber } from "../option-flags.ts";
import { pipedTable } from "../piped-table.ts";
import { lineOf } from "../prediction-lines.ts";
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
  readonly top?: number | string;
  readonly queue?: string;
  readonly store?: string;
}

const TABLE = "Options of --data:";

export function predictCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .argument(
      "[texts...]",
      "texts to classify; without any, standard input is read: one text per line, or CSV with a header",
    )
    .option("--pair", "each text is a sentence pair, separated by a tab (default: as in training)");
  addLoadFlags(command);
  command
    .option("--json", 'print one JSON object per line: {"text": …, "label": …, "probabilities": {…}, "scores": […]}')
    .option(
      "--data <path>",
      "classify the rows of a table, labelled or not, instead of texts: a file, a folder (its test split), a name on the Hub, or files by a pattern, here or in S3 ('s3://bucket/part-*.parquet')",
    );
  command.optionsGroup(TABLE);
  command
    .option(
      "--out <file>",
      "write ids and labels to this file, which must not exist yet: CSV, or by its ending .tsv or .jsonl; of files by a pattern, the folder, or their name with * for that of the file (default: *.predictions.csv beside each)",
    )
    .option("--top <N>", "write the N most probable labels with their probabilities (default: labels alone)", toNumber)
    .addOption(splitOption("split to classify (default: test of a folder, all rows of a file)"))
    .option("--data-revision <text>", "branch, tag or commit of data on the Hub (default: main)")
    .option(
      "--config-name <text>",
      "configuration of a data set that has several (default: the one that the data set names)",
    );
  addFlags(command, reading);
  command
    .option(
      "--queue <address>",
      "let the workers of this queue predict, a file each, redis://host:port (docs/scale.md)",
    )
    .option("--store <address>", "where they find the classifier: a folder that all see, or s3://bucket/prefix");
  command.action(async (first: string | undefined, others: string[], flags: Flags) => {
    const [folder, ...texts] = folderOf([first, ...others], flags);
    requireEffect(needs, flags, (key) => flags[key as keyof Flags] !== undefined, flagOf);
    const { data, out } = flags;
    if (data !== undefined && texts.length > 0)
      throw new AttuneError("options/texts", `both --data and texts are given (${texts[0]}); one of them at a time`);
    if (out !== undefined && texts.length > 0) throw noTable();
    if (data !== undefined && isPartitioned(data)) return predictParts(folder, data, flags, command);
    if (out !== undefined && existsSync(out))
      throw new AttuneError("predict/exists", `${out}: this exists already; choose another --out`);
    const context = { signal: stopSignal(), onFetch: showFetch() };
    // A thread of its own pays where rows are read and written meanwhile.
    const classifier = await load(folder, { ...loadOptions(flags), ...context, worker: data !== undefined });
    if (data !== undefined) await predictTable(classifier, { ...tableOptions(flags, data), ...context }, flags);
    else if (texts.length > 0) await predictTexts(classifier, [texts], flags, context.signal);
    else await predictInput(classifier, flags, context);
    await classifier.dispose();
  });
}

const needs: readonly Need<Flags>[] = [
  {
    options: ["queue", "store"],
    lacks: ({ data }) =>
      data !== undefined && isPartitioned(data) ? undefined : "without files by a pattern in --data",
  },
  {
    options: ["split", "dataRevision", "configName", "json"],
    lacks: ({ data }) => (data !== undefined && isPartitioned(data) ? "with files by a pattern" : undefined),
  },
  { options: ["store"], lacks: ({ queue }) => (queue === undefined ? "without --queue" : undefined) },
  {
    options: ["split", "dataRevision", "configName", ...Object.keys(reading.shape)],
    lacks: ({ data }) => (data === undefined ? "without --data" : undefined),
  },
  { options: ["pair"], lacks: ({ data }) => (data === undefined ? undefined : "with --data, whose --text says it") },
  { options: ["json"], lacks: ({ out }) => (out === undefined ? undefined : "with --out, whose ending says it") },
  {
    options: ["top"],
    lacks: ({ data, out }) => (out !== undefined || (data && isPartitioned(data)) ? undefined : "without --out"),
  },
];

async function predictParts(folder: string, data: string, flags: Flags, command: Command): Promise<void> {
  const { predictFiles } = await import("../predict-files.ts");
  const { queue, store, out, top } = flags;
  if (queue !== undefined && store === undefined)
    throw new AttuneError("options/missing", "the option --store is missing: where the workers find the classifier");
  const loading = loadOptions(flags);
  // Machines have different numbers of threads.
  const isSame = queue !== undefined && command.getOptionValueSource("bits") === "default";
  await predictFiles({
    folder,
    load: isSame ? { ...loading, bits: "same" } : loading,
    reading: checkedDataOptions(
      Object.fromEntries(Object.entries(flags).filter(([key]) => key in reading.shape)),
      flagOf,
    ),
    data,
    out,
    top: top === undefined ? undefined : wholeNumber("top", top, 1),
    queued: queue === undefined ? undefined : { queue, store: store! },
    signal: stopSignal(),
  });
}

async function predictInput(
  classifier: Classifier,
  flags: Flags,
  context: Pick<PredictTableOptions, "signal" | "onFetch"> & { readonly signal: AbortSignal },
): Promise<void> {
  const input = await pipedTable(process.stdin);
  if (!("path" in input) && flags.out !== undefined) throw noTable();
  if (!("path" in input)) return predictTexts(classifier, linesOf(input), flags, context.signal);
  try {
    await predictTable(classifier, { ...context, data: input.path }, flags);
  } finally {
    input.remove();
  }
}

const noTable = (): AttuneError =>
  new AttuneError("options/unused", "--out goes with a table: --data, or CSV with a header on standard input");

async function predictTexts(
  classifier: Classifier,
  source: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
  { pair = classifier.takesPairs, json }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const print = json ? jsonOf : lineOf;
  for await (const lines of source) {
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

async function predictTable(
  classifier: Classifier,
  options: PredictTableOptions & { readonly signal: AbortSignal },
  { json, out, top }: Flags,
): Promise<void> {
  const found = await classifier.predictTable(options);
  for (const note of found.notes) writeError(`attune: ${note}\n`);
  if (out === undefined)
    for await (const row of found.rows) writeOut(`${json ? jsonOf(row.text, row) : lineOf(row.text, row)}\n`);
  else {
    const most = top === undefined ? undefined : Math.min(wholeNumber("top", top, 1), classifier.labels.length);
    const progress = new LiveLine(process.stderr);
    const started = performance.now();
    const see = (done: number, total: number) => {
      const left = ((performance.now() - started) / 1000 / done) * (total - done);
      const said = () => `${grouped(done)} of ${grouped(total)} texts, ${duration(left)} left`;
      progress.show(said, said);
    };
    await writePredictions(found, out, { top: most, signal: options.signal, see }).finally(() => progress.end());
    writeOut(`${out}\n`);
  }
}

function pairOf(line: string): [string, string] {
  const tab = line.indexOf("\t");
  if (tab >= 0) return [line.slice(0, tab), line.slice(tab + 1)];
  throw new AttuneError(
    "predict/pair",
    `there is no tab in ${JSON.stringify(line.slice(0, 60))}: this model reads two texts, with a tab between`,
  );
}
