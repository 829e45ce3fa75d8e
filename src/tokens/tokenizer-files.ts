/** A tokenizer's files as they stand in a folder that is written: with the longest text that the model was made for. */
import { copyFileSync, existsSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { TokenizerFamily } from "./tokenizer-families.ts";
import { SWITCH } from "./transformers-5.ts";

/** A file to be copied, or made of a text. */
export type FileToWrite = { readonly name: string } & ({ readonly path: string } | { readonly text: string });

export interface TokenizerContent {
  /** tokenizer.json as it is, or as it was made. */
  readonly definition: object;
  /** The same as it is used. */
  readonly prepared: object;
  /** tokenizer_config.json as it is. */
  readonly config: object;
  readonly family: TokenizerFamily | undefined;
  readonly tokens: Partial<SpecialTokens>;
  /** Whether the folder has tokenizer.json. */
  readonly isFile: boolean;
}

export function writeFiles(folder: string, files: readonly FileToWrite[]): void {
  for (const file of files)
    if ("path" in file) copyFileSync(file.path, join(folder, file.name));
    else writeFileSync(join(folder, file.name), file.text);
}

/** Tokens of the longest text, as tokenizer_config.json in that folder has it, if it is there and does. */
export function modelMaxLength(folder: string): number | undefined {
  const file = join(folder, "tokenizer_config.json");
  if (!existsSync(file)) return undefined;
  const shape = z.looseObject({ model_max_length: z.number().nullish() });
  const { model_max_length: length } = readJson(file, shape, { code: "tokenizer/json" });
  // Where it is not known, Transformers writes a number beyond all models.
  return length != null && length < 1e9 ? length : undefined;
}

/** The files of the tokenizer in `folder`, for a model whose texts have at most `maxLength` tokens. */
export function tokenizerFiles(folder: string, content: TokenizerContent, maxLength: number): FileToWrite[] {
  const { definition, prepared, config, family, isFile } = content;
  const { truncation } = prepared as { readonly truncation?: object | null };
  const cutsOtherwise = truncation != null && (truncation as { max_length?: unknown }).max_length !== maxLength;
  const json = (name: string, value: object): FileToWrite => ({ name, text: `${JSON.stringify(value, null, 2)}\n` });
  const own = (name: string) => ({ name, path: join(folder, name) });
  // Transformers 5 makes these tokenizers anew, in another way than the file says; under this name it takes the file.
  const isKept = family?.kind === "sentencepiece";
  const file = isKept ? prepared : definition;
  return [
    // Where it cuts texts by itself, it cuts them as the model has them; else it stays as it is.
    cutsOtherwise
      ? json("tokenizer.json", { ...file, truncation: { ...truncation, max_length: maxLength } })
      : isFile && file === definition
        ? own("tokenizer.json")
        : json("tokenizer.json", file),
    json("tokenizer_config.json", {
      ...(isKept ? { ...config, ...keptConfig(content), [SWITCH]: undefined } : config),
      model_max_length: maxLength,
    }),
    ...(isVocabulary(join(folder, "vocab.txt"), definition) ? [own("vocab.txt")] : []),
    ...(isTokenMap(join(folder, "special_tokens_map.json")) ? [own("special_tokens_map.json")] : []),
  ];
}

/** What tokenizer_config.json says so that Transformers, of whatever version, runs tokenizer.json as it is. */
function keptConfig({ family, tokens }: TokenizerContent): object {
  const named = Object.entries(tokens).map(([name, token]) => [`${name}_token`, token]);
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    ...Object.fromEntries(named),
    model_input_names: ["input_ids", ...(family?.typed ? ["token_type_ids"] : []), "attention_mask"],
  };
}

/**
 * Refuses a link that leads out of a model's folder: what it leads to would be copied into whatever is made of the model.
 * The Hub's cache has its files beside the folders of its commits.
 */
export function requireInside(folder: string, name: string): void {
  const file = join(folder, name);
  if (!existsSync(file)) return;
  const [home, target] = [realpathSync(folder), realpathSync(file)];
  const [, repository] = /^(.*)[/\\]snapshots[/\\][0-9a-f]{40}([/\\]|$)/.exec(home) ?? [];
  const isInside = [home, ...(repository === undefined ? [] : [join(repository, "blobs")])].some((place) =>
    target.startsWith(`${place}${sep}`),
  );
  if (!isInside || !statSync(target).isFile())
    throw new AttuneError(
      "tokenizer/link",
      `${file}: it leads to ${target}, which is no file of this folder; put the file itself there`,
    );
}

/** Whether it lists the tokens of tokenizer.json in their order, and so is what its name says. */
function isVocabulary(file: string, definition: object): boolean {
  const { model } = definition as { readonly model?: unknown };
  const { vocab } = (model ?? {}) as { vocab?: Readonly<Record<string, unknown>> };
  if (!existsSync(file) || typeof vocab !== "object" || vocab === null) return false;
  const lines = readFileSync(file, "utf8")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  return lines.every((token, id) => Object.hasOwn(vocab, token) && vocab[token] === id);
}

/** Whether it names special tokens and nothing else. */
function isTokenMap(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    const map: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof map === "object" && map !== null && Object.keys(map).every((key) => /_tokens?$/.test(key));
  } catch {
    return false;
  }
}
