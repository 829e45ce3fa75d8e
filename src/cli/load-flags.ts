/** The options of every command that loads a classifier. */
import { type Command, Option } from "commander";
import { flagOf } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import { type Bits, bitsNames } from "../engine/reproducible-threads.ts";
import { type Precision, precisionNames } from "../train/precision.ts";
import { asWritten } from "./dash-texts.ts";
import { toNumber } from "./option-flags.ts";

/** As they were given; `loadOptions` checks them. */
export interface LoadFlags {
  readonly threads?: number | string;
  readonly bits?: Bits;
  readonly precision?: Precision;
  readonly maxLength?: number | string;
  readonly model?: string;
  readonly revision?: string;
  readonly adapter?: string;
  readonly labels?: string;
}

export function addLoadFlags(command: Command): void {
  command.option("--threads <N>", "threads of the engine (default: all)", toNumber);
  command.addOption(
    new Option(
      "--bits <name>",
      "any: the last digits may depend on the number of threads; same: they do not, and programs take no more threads than that allows",
    )
      .choices(bitsNames)
      .default("any"),
  );
  command.addOption(
    new Option(
      "--precision <name>",
      "int8: products with weights in 8 bits, faster, with logits that differ by some per cent",
    )
      .choices(precisionNames)
      .default("float32"),
  );
  addModelFlags(command);
}

/** Those that say which model. */
export function addModelFlags(command: Command): void {
  command
    .option("--model <path>", "the model, instead of the first argument: --model BASE --adapter DIR")
    .option("--revision <text>", "branch, tag or commit of a model on the Hub (default: main)")
    .option("--adapter <path>", "adapter for the model: a folder that PEFT wrote, or a run")
    .option("--labels <list>", "names of the labels in their order, instead of those that the model or its adapter has")
    .option(
      "--max-length <N>",
      "maximum length of a text in tokens; longer texts are cut (default: as in training)",
      toNumber,
    );
}

/** What the option of that name is about, where a card is written. */
export const LANGUAGE =
  "languages of the texts, for the model card, such as en or de,fr (default: as the card of the base model says)";

export const languageOf = (given: string | undefined): { readonly language?: readonly string[] } =>
  given === undefined ? {} : { language: given.split(",").map((code) => code.trim()) };

/** Which split of a table. */
export const splitOption = (what: string): Option =>
  new Option("--split <name>", what).choices(["train", "validation", "test"]);

/** The folder to load and what else was given, whether the folder was named by `--model` or came first. */
export function folderOf(given: readonly (string | undefined)[], { model }: LoadFlags): [string, ...string[]] {
  const [folder, ...rest] = [model, ...given].filter((text) => text !== undefined).map(asWritten);
  if (folder !== undefined) return [folder, ...rest];
  throw new AttuneError("options/missing", "which model? Name the folder of a finished run, or of a classifier");
}

/** The same, where nothing else may be given. */
export function onlyFolderOf(given: string | undefined, flags: LoadFlags): string {
  const [folder, extra] = folderOf([given], flags);
  if (extra === undefined) return folder;
  throw new AttuneError("options/model", `both ${folder} and ${extra} are given; one model at a time`);
}

export function loadOptions({
  threads,
  bits,
  precision,
  maxLength,
  adapter,
  labels,
  revision,
}: LoadFlags): LoadOptions {
  return {
    ...(revision !== undefined && { revision }),
    ...(threads !== undefined && { threads: wholeNumber("threads", threads, 1) }),
    ...(bits !== undefined && { bits }),
    ...(precision !== undefined && { precision }),
    ...(adapter !== undefined && { adapter }),
    ...(labels !== undefined && { labels: labels.split(",") }),
    ...(maxLength !== undefined && { maxLength: wholeNumber("maxLength", maxLength, 2) }),
  };
}

/** The value of an option that must be a whole number. */
export function wholeNumber(key: string, value: number | string, least: number, most?: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= (most ?? value)) return value;
  throw new AttuneError(
    "options/value",
    `${flagOf(key)} cannot be ${value}: it must be a whole number from ${least} ${most === undefined ? "on" : `to ${most}`}`,
  );
}
