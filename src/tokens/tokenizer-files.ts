/** A tokenizer's files as they stand in a folder that is written: with the longest text that the model was made for. */
import { copyFileSync, existsSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";

/** A file to be copied, or made of a text. */
export type FileToWrite = { readonly name: string } & ({ readonly path: string } | { readonly text: string });

export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"];

export interface TokenizerContent {
  /** tokenizer.json as it is. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** tokenizer_config.json as it is. */
  readonly config: Readonly<Record<string, unknown>>;
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
  const { definition, config } = content;
  const { truncation } = definition as { truncation?: object | null };
  const isOther = truncation != null && (truncation as { max_length?: unknown }).max_length !== maxLength;
  const json = (name: string, value: object): FileToWrite => ({ name, text: `${JSON.stringify(value, null, 2)}\n` });
  const own = (name: string) => ({ name, path: join(folder, name) });
  return [
    // Where it cuts texts by itself, it cuts them as the model has them; else it stays as it is.
    isOther
      ? json("tokenizer.json", { ...definition, truncation: { ...truncation, max_length: maxLength } })
      : own("tokenizer.json"),
    json("tokenizer_config.json", { ...config, model_max_length: maxLength }),
    ...(isVocabulary(join(folder, "vocab.txt"), definition) ? [own("vocab.txt")] : []),
    ...(isTokenMap(join(folder, "special_tokens_map.json")) ? [own("special_tokens_map.json")] : []),
  ];
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
function isVocabulary(file: string, { model }: { readonly model?: unknown }): boolean {
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
