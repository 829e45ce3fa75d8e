/** Text → token ids, by the model's own tokenizer.json. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { fingerprint } from "../base/content-store.ts";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import type { Text } from "../tables/dataset.ts";
import { type BertNormalizerOptions, bertNormalize, bertWords } from "./bert-text.ts";
import { charsmapNormalizer } from "./charsmap.ts";
import { type FileToWrite, requireInside, TOKENIZER_FILES, tokenizerFiles } from "./tokenizer-files.ts";

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
  /** Files that belong into the folder of a model whose texts have at most `maxLength` tokens. */
  files(maxLength: number): readonly FileToWrite[];
  /** Its tokenizer.json and tokenizer_config.json, with text prepared by the former as the latter says. */
  readonly definition: object;
  readonly config: object;
  /** Equal for tokenizers that give every text the same ids. */
  fingerprint(): string;
}

type Given = Readonly<Record<string, unknown>>;
const DEFINITION = "tokenizer.json";
const CONFIG = "tokenizer_config.json";

interface Normalizer extends BertNormalizerOptions {
  readonly type: string;
  readonly normalizers?: readonly Normalizer[];
  readonly precompiled_charsmap?: string | null;
}

const HINTS = { code: "tokenizer/json" };

/** What is used here of tokenizer.json. */
interface Definition {
  readonly normalizer?: Normalizer | null;
  readonly pre_tokenizer?: { readonly type: string } | null;
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly single_word?: boolean }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/** Of tokenizer.json, what is read before the library has looked at it. */
const normalizerShape = z.looseObject({
  type: z.string(),
  clean_text: z.boolean().optional(),
  handle_chinese_chars: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().optional(),
  precompiled_charsmap: z.string().nullish(),
  get normalizers() {
    return z.array(normalizerShape).optional();
  },
});
const definitionShape = z.looseObject({
  normalizer: normalizerShape.nullish(),
  pre_tokenizer: z.looseObject({ type: z.string() }).nullish(),
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), single_word: z.boolean().optional() }))
    .optional(),
});

/** What is used here of tokenizer_config.json. */
const configShape = z.looseObject({
  tokenizer_class: z.string().nullish(),
  do_lower_case: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().optional(),
  truncation_side: z.enum(["left", "right"]).optional(),
});
type Config = z.input<typeof configShape>;

/** Tokenizers of Transformers that have no tokenizer.json: vocabularies of their own, or another program that finds the words. */
const PYTHON_CLASSES = /^(Bertweet|Phobert|BertJapanese|XLM|Flaubert)Tokenizer$/;

/** The tokenizer of a model folder. Padding and truncation that its file asks for are left to the caller. */
export function loadTokenizer(folder: string): Tokenizer {
  const file = join(folder, DEFINITION);
  const configFile = join(folder, CONFIG);
  const config = existsSync(configFile) ? readJson(configFile, configShape, HINTS) : {};
  const needsPython = config.tokenizer_class?.match(PYTHON_CLASSES)?.[0];
  if (!existsSync(file) && needsPython)
    throw new AttuneError(
      "tokenizer/missing",
      `${configFile}: ${needsPython} exists as Python code only, so its texts cannot be tokenized here; choose a model that has ${DEFINITION}`,
    );
  if (!existsSync(file))
    throw new AttuneError(
      "tokenizer/missing",
      `${file}: there is no such file; make it from vocab.txt in Python with AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`,
    );
  for (const name of TOKENIZER_FILES) requireInside(folder, name);
  const definition = readJson(file, definitionShape, HINTS) as unknown as Definition;
  const prepared = prepareAsTransformers(folder, definition, config);
  const encode = encoderOf(file, prepared, config);
  const single = templateOf(encode);
  const pair = pairTemplateOf(encode);
  const keepsEnd = config.truncation_side === "left";
  const cut = (ids: readonly number[], room: number) =>
    ids.length <= room ? ids : keepsEnd ? ids.slice(ids.length - room) : ids.slice(0, room);
  return {
    encode: (text, maxLength) => {
      const contents = (typeof text === "string" ? [text] : text).map((part) => encode.content(part));
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
    largestId: largestIdOf(definition),
    files: (maxLength) => tokenizerFiles(folder, { definition: definition as object as Given, config }, maxLength),
    definition: prepared,
    config,
    fingerprint: () => fingerprint(JSON.stringify(prepared), JSON.stringify(config)),
  };
}

interface Encode {
  /** Ids of a text alone. */
  content(text: string): readonly number[];
  /** Ids and types of a text or a pair with special tokens. */
  whole(text: string, pair?: string): { readonly ids: readonly number[]; readonly types: readonly number[] };
}

function encoderOf(file: string, definition: Definition, config: Config): Encode {
  try {
    const tokenizer = new HubTokenizer(definition, config);
    const { normalizer, pre_tokenizer, added_tokens } = definition;
    const wholeWord = added_tokens?.find(({ single_word }) => single_word);
    if (wholeWord) throw new Error(`its token "${wholeWord.content}" has single_word, which is not supported`);
    const isBert = normalizer?.type === "BertNormalizer";
    // The library only calls these two. The space at the end is no word, but keeps it from taking a text that
    // became "[SEP]" for the special token.
    if (isBert) tokenizer.normalizer = ((text: string) => `${bertNormalize(text, normalizer)} `) as never;
    if (pre_tokenizer?.type === "BertPreTokenizer") tokenizer.pre_tokenizer = bertWords as never;
    applyCharsmaps(tokenizer.normalizer as never, normalizer);
    const lowersCase = !isBert && lowers(normalizer);
    const content = (text: string) =>
      tokenizer.encode(lowersCase ? text.replaceAll("Σ", "σ") : text, { add_special_tokens: false }).ids;
    const whole = (text: string, pair?: string) => {
      const found = tokenizer.encode(text, { text_pair: pair ?? null, return_token_type_ids: true });
      return { ids: found.ids, types: found.token_type_ids ?? found.ids.map(() => 0) };
    };
    whole("a"); // Some faults of a definition only show when it is used.
    return { content, whole };
  } catch (cause) {
    const { message } = cause as Error;
    throw new AttuneError("tokenizer/invalid", `${file}: this tokenizer cannot be used (${message})`, "input", {
      cause,
    });
  }
}

/** The library's normalizers of this shape get SentencePiece's map, where it only approximates one by NFKC. */
function applyCharsmaps(made: MadeNormalizer | null, normalizer: Normalizer | null | undefined): void {
  if (!made || !normalizer) return;
  if (normalizer.type === "Precompiled" && normalizer.precompiled_charsmap)
    made.normalize = charsmapNormalizer(normalizer.precompiled_charsmap);
  for (const [i, part] of (normalizer.normalizers ?? []).entries()) applyCharsmaps(made.normalizers?.[i] ?? null, part);
}

interface MadeNormalizer {
  normalize(text: string): string;
  readonly normalizers?: readonly MadeNormalizer[];
}

function largestIdOf({ model, added_tokens = [] }: Definition): number {
  let largest = 0;
  for (const id of [...Object.values(model.vocab), ...added_tokens.map((token) => token.id)])
    if (id > largest) largest = id;
  return largest;
}

/** Models whose tokenizer is Transformers' BertTokenizer or one that prepares text as that does. */
const BERT_MODELS = ["bert", "distilbert", "electra", "mpnet"];
const BERT_CLASSES = /^(Bert|DistilBert|Electra|MPNet)Tokenizer/;

/** In these tokenizers of Transformers, the configuration says how text is prepared, and not tokenizer.json. */
function prepareAsTransformers(folder: string, definition: Definition, config: Config): Definition {
  if (definition.normalizer?.type !== "BertNormalizer") return definition;
  const model = join(folder, "config.json");
  const byModel = () =>
    existsSync(model) &&
    BERT_MODELS.includes(String(readJson(model, z.looseObject({ model_type: z.unknown() }), HINTS).model_type));
  if (config.tokenizer_class == null ? !byModel() : !BERT_CLASSES.test(config.tokenizer_class)) return definition;
  const normalizer: Normalizer = {
    type: "BertNormalizer",
    clean_text: true,
    lowercase: config.do_lower_case ?? true,
    strip_accents: config.strip_accents ?? null,
    handle_chinese_chars: config.tokenize_chinese_chars ?? true,
  };
  return { ...definition, normalizer };
}

function lowers(normalizer: Normalizer | null | undefined): boolean {
  if (normalizer?.type === "Sequence") return normalizer.normalizers?.some(lowers) ?? false;
  return normalizer?.type === "Lowercase" || (normalizer?.type === "BertNormalizer" && normalizer.lowercase !== false);
}

/** The special tokens around texts, and before which of the five parts tokens have type 1 from then on. */
interface Template {
  readonly opening: readonly number[];
  readonly between: readonly number[];
  readonly closing: readonly number[];
  readonly typeOneFrom: number;
}

/** As the post-processor of tokenizer.json has them, found by giving it a text whose own tokens are known. */
function templateOf(encode: Encode): Template {
  const { ids } = encode.whole("a");
  const [start, end] = placeOf(encode.content("a"), ids, 0);
  return { opening: ids.slice(0, start), between: [], closing: ids.slice(end), typeOneFrom: 5 };
}

function pairTemplateOf(encode: Encode): Template {
  const { ids, types } = encode.whole("a", "b");
  const [start, end] = placeOf(encode.content("a"), ids, 0);
  const [second, last] = placeOf(encode.content("b"), ids, end);
  const change = types.indexOf(1);
  const typeOneFrom = change < 0 ? 5 : change < second ? 2 : 3;
  return { opening: ids.slice(0, start), between: ids.slice(end, second), closing: ids.slice(last), typeOneFrom };
}

/** Where `part` stands in `ids`, from `from` on. */
function placeOf(part: readonly number[], ids: readonly number[], from: number): [number, number] {
  const start = ids.findIndex((_, i) => i >= from && part.every((id, j) => ids[i + j] === id));
  return [start, start + part.length];
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
