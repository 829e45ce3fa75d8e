/** A tokenizer.json out of the older files of a vocabulary, as Transformers makes it of them: WordPiece and byte-level BPE. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { TokenizerFamily } from "./tokenizer-families.ts";

/** What of tokenizer_config.json says how a vocabulary is used. */
export interface VocabularyOptions {
  readonly do_lower_case?: boolean | undefined;
  readonly strip_accents?: boolean | null | undefined;
  readonly tokenize_chinese_chars?: boolean | undefined;
  readonly keep_accents?: boolean | undefined;
  readonly split_by_punct?: boolean | undefined;
  readonly add_prefix_space?: boolean | undefined;
}

/** What a tokenizer.json is assembled of. */
export interface VocabularyParts {
  readonly model: object;
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  readonly decoder: object;
  /** Ids by piece. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pieces that are found before all others, besides the special tokens. */
  readonly found?: readonly { readonly content: string; readonly special: boolean }[];
}

/** A token that tokenizer_config.json or added_tokens.json adds. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean | undefined;
  readonly lstrip?: boolean | undefined;
  readonly rstrip?: boolean | undefined;
  readonly normalized?: boolean | undefined;
  readonly special?: boolean | undefined;
}

/** The `normalizer` that the classes of BERT's kind make of their configuration. */
export const bertNormalizer = (options: VocabularyOptions) => ({
  type: "BertNormalizer",
  clean_text: true,
  lowercase: options.do_lower_case ?? true,
  strip_accents: options.strip_accents ?? null,
  handle_chinese_chars: options.tokenize_chinese_chars ?? true,
});

/** vocab.txt: a piece a line, its id the number of the line. */
export function wordPieceParts(file: string, options: VocabularyOptions, tokens: SpecialTokens): VocabularyParts {
  const lines = readFileSync(file, "utf8")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const vocabulary = new Map(lines.map((piece, id) => [piece, id]));
  if (!vocabulary.has(tokens.unk))
    throw new AttuneError("tokenizer/invalid", `${file}: the piece ${tokens.unk} is not in it; get the folder again`);
  return {
    normalizer: bertNormalizer(options),
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: tokens.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
    vocabulary,
  };
}

/** vocab.json and merges.txt: ids by piece, and which two pieces become one, in order. */
export function byteLevelParts(file: string, mergesFile: string, options: VocabularyOptions): VocabularyParts {
  const vocab = readJson(file, z.record(z.string(), z.int().min(0)), { code: "tokenizer/json" });
  const lines = readFileSync(mergesFile, "utf8").split(/\r?\n/);
  const merges = lines.filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version")));
  for (const [i, line] of lines.entries()) {
    if (line === "" || (i === 0 && line.startsWith("#version"))) continue;
    const pieces = line.split(" ");
    const unknown = [...pieces, pieces.join("")].find((piece) => !Object.hasOwn(vocab, piece));
    if (pieces.length === 2 && unknown === undefined) continue;
    const what = pieces.length === 2 ? `${JSON.stringify(unknown)} is not in vocab.json` : "there are not two pieces";
    throw new AttuneError("tokenizer/invalid", `${mergesFile}:${i + 1}: ${what}; get the folder again`);
  }
  const addPrefix = { add_prefix_space: options.add_prefix_space ?? false, trim_offsets: true, use_regex: true };
  return {
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", ...addPrefix },
    decoder: { type: "ByteLevel", ...addPrefix },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
    vocabulary: new Map(Object.entries(vocab)),
  };
}

/** The whole tokenizer.json: with the family's special tokens, what the files add, and what stands around texts. */
export function assembled(
  parts: VocabularyParts,
  family: Pick<TokenizerFamily, "doubled" | "typed" | "maskTakesSpace">,
  tokens: SpecialTokens,
  named: readonly AddedToken[],
): object {
  const { vocabulary, found = [], model, normalizer, pre_tokenizer, decoder } = parts;
  const special = [tokens.cls, tokens.pad, tokens.sep, tokens.unk, tokens.mask];
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const flags = new Map<string, object>();
  for (const { content, special } of found) flags.set(content, { ...plain, special });
  for (const content of special)
    flags.set(content, { ...plain, lstrip: content === tokens.mask && family.maskTakesSpace, special: true });
  const ids = new Map<string, number>();
  for (const { id, content, ...rest } of named) {
    if (!vocabulary.has(content)) ids.set(content, id);
    flags.set(content, { ...plain, ...flags.get(content), ...rest });
  }
  // Tokens that no file has a place for come behind all others.
  let next = Math.max(-1, ...ids.values(), vocabulary.size - 1) + 1;
  const idOf = (content: string) => {
    const known = vocabulary.get(content) ?? ids.get(content);
    if (known !== undefined) return known;
    ids.set(content, next);
    return next++;
  };
  const added_tokens = [...flags]
    .map(([content, rest]) => ({ id: idOf(content), content, ...rest }))
    .sort((a, b) => a.id - b.id);
  const [cls, sep] = [tokens.cls, tokens.sep].map((token) => ({ id: token, ids: [idOf(token)], tokens: [token] }));
  const put = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
  const second = family.typed ? 1 : 0;
  const first = [put(tokens.cls), { Sequence: { id: "A", type_id: 0 } }, put(tokens.sep)];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens,
    normalizer,
    pre_tokenizer,
    post_processor: {
      type: "TemplateProcessing",
      single: first,
      pair: [
        ...first,
        ...(family.doubled ? [put(tokens.sep)] : []),
        { Sequence: { id: "B", type_id: second } },
        put(tokens.sep, second),
      ],
      special_tokens: { [tokens.cls]: cls, [tokens.sep]: sep },
    },
    decoder,
    model,
  };
}
