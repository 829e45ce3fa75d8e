/** A folder's tokenizer as a tokenizer.json: the file itself, or made of the older files of its vocabulary. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import type { NormalizerStep, PreTokenizerStep } from "./exact-steps.ts";
import { readSentencePiece } from "./sentencepiece.ts";
import { sentencePieceParts } from "./sentencepiece-definition.ts";
import { namedTokens, type PostProcessor, type SpecialTokens, specialShape } from "./special-tokens.ts";
import { PYTHON_CLASSES, type TokenizerFamily, tokenizerFamily, VOCABULARY_FILES } from "./tokenizer-families.ts";
import { requireInside } from "./tokenizer-files.ts";
import { asTransformers5, SWITCH, TRANSFORMERS_5 } from "./transformers-5.ts";
import { type AddedToken, assembled, bertNormalizer, byteLevelParts, wordPieceParts } from "./vocabulary-definition.ts";

const DEFINITION = "tokenizer.json";
const CONFIG = "tokenizer_config.json";
const SPECIAL_MAP = "special_tokens_map.json";
const ADDED_TOKENS = "added_tokens.json";

const HINTS = { code: "tokenizer/json" };

/** What is used here of tokenizer.json. */
export interface Definition {
  readonly normalizer?: NormalizerStep | null;
  readonly pre_tokenizer?: PreTokenizerStep | null;
  readonly post_processor?: PostProcessor | null;
  readonly added_tokens?: readonly AddedToken[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
}

/** Of Replace and Split; the library says what it does not know on the terminal. */
const patternShape = z.union([z.looseObject({ String: z.string() }), z.looseObject({ Regex: z.string() })]).optional();

/** Of tokenizer.json, what is read before the library has looked at it. */
const normalizerShape = z.looseObject({
  type: z.string(),
  clean_text: z.boolean().optional(),
  handle_chinese_chars: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().optional(),
  precompiled_charsmap: z.string().nullish(),
  strip_left: z.boolean().optional(),
  strip_right: z.boolean().optional(),
  pattern: patternShape,
  get normalizers() {
    return z.array(normalizerShape).optional();
  },
});
const preTokenizerShape = z.looseObject({
  type: z.string(),
  behavior: z.string().optional(),
  add_prefix_space: z.boolean().optional(),
  use_regex: z.boolean().optional(),
  pattern: patternShape,
  get pretokenizers() {
    return z.array(preTokenizerShape).optional();
  },
});
const around = z.tuple([z.string(), z.int().min(0)]).optional();
const placed = z.object({ id: z.string(), type_id: z.int().min(0) });
const part = z.union([
  z.looseObject({ SpecialToken: placed }),
  z.looseObject({ Sequence: placed.extend({ id: z.enum(["A", "B"]) }) }),
]);
const postProcessorShape = z.looseObject({
  type: z.string(),
  cls: around,
  sep: around,
  single: z.array(part).optional(),
  pair: z.array(part).optional(),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int().min(0)) })).optional(),
  get processors() {
    return z.array(postProcessorShape).optional();
  },
});
const flags = {
  content: z.string(),
  single_word: z.boolean().optional(),
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  normalized: z.boolean().optional(),
  special: z.boolean().optional(),
};
const definitionShape = z.looseObject({
  normalizer: normalizerShape.nullish(),
  pre_tokenizer: preTokenizerShape.nullish(),
  post_processor: postProcessorShape.nullish(),
  added_tokens: z.array(z.looseObject({ id: z.int().min(0), ...flags })).optional(),
});

/** What is used here of tokenizer_config.json. */
const configShape = z.looseObject({
  tokenizer_class: z.string().nullish(),
  word_tokenizer_type: z.string().nullish(),
  do_lower_case: z.boolean().optional(),
  keep_accents: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().optional(),
  split_by_punct: z.boolean().optional(),
  add_prefix_space: z.boolean().optional(),
  truncation_side: z.enum(["left", "right"]).optional(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,9}$/), z.looseObject(flags)).optional(),
  ...specialShape,
  [SWITCH]: z.enum(["training", TRANSFORMERS_5]).optional(),
});
export type TokenizerConfig = z.input<typeof configShape>;

export interface ReadTokenizer {
  /** Where it was read from. */
  readonly file: string;
  /** tokenizer.json as it is, or as it was made. */
  readonly definition: Definition;
  /** The same with text prepared as the configuration says. */
  readonly prepared: Definition;
  /** tokenizer_config.json as it is. */
  readonly config: TokenizerConfig;
  readonly family: TokenizerFamily | undefined;
  readonly tokens: Partial<SpecialTokens>;
  /** Whether the folder has tokenizer.json. */
  readonly isFile: boolean;
}

/** What the configurations in a folder say of its tokenizer. */
function readConfigs(folder: string) {
  const optional = <Shape extends z.ZodType>(name: string, shape: Shape): z.input<Shape> | undefined => {
    requireInside(folder, name);
    const file = join(folder, name);
    return existsSync(file) ? readJson(file, shape, HINTS) : undefined;
  };
  const config: TokenizerConfig = optional(CONFIG, configShape) ?? {};
  const modelShape = z.looseObject({ model_type: z.unknown().optional(), tokenizer_class: z.unknown().optional() });
  const model: z.input<typeof modelShape> = optional("config.json", modelShape) ?? {};
  const textOr = (value: unknown) => (typeof value === "string" ? value : undefined);
  const className = config.tokenizer_class ?? textOr(model.tokenizer_class);
  return { optional, config, className, family: tokenizerFamily(className, textOr(model.model_type)) };
}

/** @throws AttuneError where the folder has no tokenizer that can be read without Python */
export function readTokenizer(folder: string): ReadTokenizer {
  const at = (name: string) => join(folder, name);
  for (const name of [DEFINITION, ...VOCABULARY_FILES]) requireInside(folder, name);
  const { optional, config, family } = readConfigs(folder);
  const named = namedTokens(config, optional(SPECIAL_MAP, z.looseObject(specialShape)) ?? {});
  const tokens = { ...family?.tokens, ...named };
  const shared = { config, family, tokens };
  if (existsSync(at(DEFINITION))) {
    const definition = readJson(at(DEFINITION), definitionShape, HINTS) as unknown as Definition;
    const prepared = preparedBy(config, family, definition);
    return { ...shared, file: at(DEFINITION), definition, prepared, isFile: true };
  }
  requireNoPython(folder);
  const missing = family?.files.find((name) => !existsSync(at(name)));
  if (!family || missing !== undefined) {
    const what = family ? `there is neither this file nor ${missing}` : "there is no such file";
    const advice = "make it in Python with AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";
    throw new AttuneError("tokenizer/missing", `${at(DEFINITION)}: ${what}; ${advice}`);
  }
  const all: SpecialTokens = { ...family.tokens, ...named };
  const [vocabulary, merges] = family.files.map(at);
  const parts =
    family.kind === "wordpiece"
      ? wordPieceParts(vocabulary!, config, all)
      : family.kind === "byte-level"
        ? byteLevelParts(vocabulary!, merges!, config)
        : sentencePieceParts(readSentencePiece(vocabulary!), family.className, config, all);
  const added: AddedToken[] = [
    ...Object.entries(optional(ADDED_TOKENS, z.record(z.string(), z.int().min(0))) ?? {}).map(([content, id]) => ({
      id,
      content,
    })),
    ...Object.entries(config.added_tokens_decoder ?? {}).map(([id, token]) => ({ ...token, id: Number(id) })),
  ];
  const definition = assembled(parts, family, all, added) as Definition;
  const prepared = preparedBy(config, family, definition);
  return { ...shared, tokens: all, file: vocabulary!, definition, prepared, isFile: false };
}

/** Refuses vocabularies whose words only Python code finds. */
export function requireNoPython(folder: string): void {
  const { className, config } = readConfigs(folder);
  const file = join(folder, CONFIG);
  const needsPython = className?.match(PYTHON_CLASSES)?.[0];
  if (needsPython)
    throw new AttuneError(
      "tokenizer/missing",
      `${file}: ${needsPython} exists as Python code only, so its texts cannot be tokenized here; choose a model that has ${DEFINITION}`,
    );
  const words = config.word_tokenizer_type;
  if (words != null && words !== "basic")
    throw new AttuneError(
      "tokenizer/missing",
      `${file}: its words are found by ${words}, which is no part of a vocabulary, so its texts cannot be tokenized here; choose a model that has ${DEFINITION}`,
    );
}

/** In these tokenizers of Transformers, the configuration says how text is prepared, and not tokenizer.json alone. */
function preparedBy(config: TokenizerConfig, family: TokenizerFamily | undefined, definition: Definition): Definition {
  const { normalizer, pre_tokenizer: preTokenizer } = definition;
  if (family?.kind === "wordpiece" && normalizer?.type === "BertNormalizer")
    return { ...definition, normalizer: bertNormalizer(config) };
  if (family?.kind === "byte-level" && preTokenizer?.type === "ByteLevel")
    return {
      ...definition,
      pre_tokenizer: { ...preTokenizer, add_prefix_space: config.add_prefix_space ?? false },
    };
  if (family?.kind === "sentencepiece" && config[SWITCH] === TRANSFORMERS_5)
    return asTransformers5(definition, family.className, config);
  return definition;
}
