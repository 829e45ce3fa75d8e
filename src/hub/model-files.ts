/** Which files of a model Attune reads, by name, besides its weights. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { VOCABULARY_FILES } from "../tokens/tokenizer-families.ts";
import { weightNames } from "../weights/weight-files.ts";
import { POOLING_FILE } from "./pooling-file.ts";

export const CONFIG = "config.json";
/** For license and languages; nothing else depends on it. */
export const CARD = "README.md";
export const TOKENIZER = "tokenizer.json";
/** Not every model has all of these; the last one says which head fits. */
const BESIDE_TOKENIZER = ["tokenizer_config.json", "vocab.txt", "special_tokens_map.json", POOLING_FILE];
/** What a tokenizer is made of where a model has no tokenizer.json. */
const VOCABULARY = ["added_tokens.json", ...VOCABULARY_FILES];

/** The files of a tokenizer that are read, if they are there. */
export const tokenizerFiles = (hasDefinition: boolean): readonly string[] => [
  ...new Set([TOKENIZER, ...BESIDE_TOKENIZER, ...(hasDefinition ? [] : VOCABULARY)]),
];

/** All that is read of a model's folder, as far as it is there. */
export function modelFiles(folder: string): string[] {
  const isThere = (name: string) => existsSync(join(folder, name));
  return [CONFIG, CARD, ...tokenizerFiles(isThere(TOKENIZER)), ...weightNames(folder)].filter(isThere);
}
