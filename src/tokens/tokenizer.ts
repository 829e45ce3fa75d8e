/** Text → token ids, by the model's own tokenizer. */
import { fingerprint } from "../base/content-store.ts";
import { AttuneError } from "../base/error.ts";
import type { Text } from "../tables/dataset.ts";
import { boundedByPatterns } from "./bounded-patterns.ts";
import { contentIds } from "./content-ids.ts";
import { type Definition, readTokenizer } from "./read-tokenizer.ts";
import { type SpecialTokens, templatesOf } from "./special-tokens.ts";
import { type FileToWrite, tokenizerFiles } from "./tokenizer-files.ts";

export interface Encoded {
  readonly ids: Int32Array;
  /** How many tokens have type 0; those after them, of the second text of a pair, have type 1. */
  readonly firstTokens: number;
  /** Whether the text was longer than allowed. */
  readonly truncated: boolean;
}

export interface Tokenizer {
  /**
   * Ids with special tokens and without padding; of a longer text the first ones that fit between them, and of a pair the
   * longer text is cut first.
   */
  encode(text: Text, maxLength: number): Encoded;
  /** The largest id that a text can get. */
  readonly largestId: number;
  /** Of the token that fills up shorter texts, where there is one. */
  readonly padId: number | undefined;
  /** Of the token that stands for a hidden word, where there is one. */
  readonly maskId: number | undefined;
  /** Of the token that ends each text, where there is one. */
  readonly endId: number | undefined;
  /** Files that belong into the folder of a model whose texts have at most `maxLength` tokens. */
  files(maxLength: number): readonly FileToWrite[];
  /** Names of its special tokens, as its files or its family give them. */
  readonly tokens: Partial<SpecialTokens>;
  /** Its tokenizer.json and tokenizer_config.json, with text prepared by the former as the latter says. */
  readonly definition: object;
  readonly config: object;
  /** Equal for tokenizers that give every text the same ids. */
  fingerprint(): string;
}

/** The tokenizer of a model folder. Padding and truncation that its file asks for are left to the caller. */
export function loadTokenizer(folder: string): Tokenizer {
  const read = readTokenizer(folder);
  const { file, prepared, config, tokens } = read;
  const { content, single, pair } = usable(file, prepared, config);
  const idOf = idsOf(prepared);
  const keepsEnd = config.truncation_side === "left";
  const cut = (ids: readonly number[], room: number) =>
    ids.length <= room ? ids : keepsEnd ? ids.slice(ids.length - room) : ids.slice(0, room);
  return {
    encode: (text, maxLength) => {
      const contents = (typeof text === "string" ? [text] : text).map(content);
      const { opening, between, closing, typeOneFrom } = contents.length > 1 ? pair : single;
      const room = Math.max(0, maxLength - opening.length - between.length - closing.length);
      const lengths = contents.map(({ length }) => length) as [number, number?];
      const [a, b] = cutLengths(lengths, room);
      const [first, second] = [cut(contents[0]!, a), cut(contents[1] ?? [], b)];
      const parts = [opening, first, between, second, closing];
      const before = parts.slice(0, typeOneFrom).reduce((sum, { length }) => sum + length, 0);
      return {
        ids: Int32Array.from(parts.flat()),
        firstTokens: before,
        truncated: a + b < lengths[0] + (lengths[1] ?? 0),
      };
    },
    largestId: largestIdOf(prepared),
    padId: tokens.pad === undefined ? (idOf("[PAD]") ?? idOf("<pad>")) : idOf(tokens.pad),
    maskId: tokens.mask === undefined ? (idOf("[MASK]") ?? idOf("<mask>")) : idOf(tokens.mask),
    endId: single.closing.at(-1),
    tokens,
    files: (maxLength) => tokenizerFiles(folder, read, maxLength),
    definition: prepared,
    config,
    fingerprint: () => fingerprint(JSON.stringify(prepared), JSON.stringify(config)),
  };
}

/** How its texts become ids, and what stands around them. */
function usable(file: string, definition: Definition, config: object) {
  try {
    const { normalizer, pre_tokenizer: preTokenizer } = definition;
    const content = boundedByPatterns(file, [normalizer, preTokenizer], contentIds(definition, config));
    content("a"); // Some faults of a definition only show when it is used.
    return { content, ...templatesOf(definition.post_processor) };
  } catch (cause) {
    const { message } = cause as Error;
    throw new AttuneError("tokenizer/invalid", `${file}: this tokenizer cannot be used (${message})`, "input", {
      cause,
    });
  }
}

/** Ids by the names of tokens. */
function idsOf({ model, added_tokens = [] }: Definition): (token: string) => number | undefined {
  const { vocab } = model;
  return (token) => {
    const added = added_tokens.find(({ content }) => content === token);
    if (added) return added.id;
    const place = Array.isArray(vocab) ? vocab.findIndex((piece) => (piece as [string])[0] === token) : -1;
    const id = Array.isArray(vocab)
      ? place
      : Object.hasOwn(vocab, token)
        ? (vocab as Record<string, number>)[token]!
        : -1;
    return id < 0 ? undefined : id;
  };
}

function largestIdOf({ model, added_tokens = [] }: Definition): number {
  const { vocab } = model;
  let largest = Array.isArray(vocab) ? vocab.length - 1 : 0;
  if (!Array.isArray(vocab))
    for (const id of Object.values(vocab as Record<string, number>)) if (id > largest) largest = id;
  for (const { id } of added_tokens) if (id > largest) largest = id;
  return largest;
}

/**
 * How many tokens of a text, or of each of two, fit into the room together: "longest first" as tokenizers does it, the
 * longer one cut down to the other's length and then both to halves.
 */
export function cutLengths([a, b]: readonly [number, number?], room: number): readonly [number, number] {
  if (b === undefined) return [Math.min(a, room), 0];
  if (a + b <= room) return [a, b];
  const shorter = Math.min(a, b);
  const longer = Math.max(shorter, room - shorter);
  const half = Math.floor(room / 2);
  const [small, large] = shorter + longer > room ? [half, room - half] : [shorter, longer];
  return a > b ? [large, small] : [small, large];
}
