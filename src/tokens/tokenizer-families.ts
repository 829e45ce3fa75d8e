/** The tokenizers of Transformers by class: whose models they belong to, their vocabulary's files, their special tokens. */
import type { SpecialTokens } from "./special-tokens.ts";

export interface TokenizerFamily {
  /** In Transformers, without the "Fast" that some files put behind it. */
  readonly className: string;
  /** The `model_type` whose tokenizer it is where no file names a class. */
  readonly modelType: string;
  readonly kind: "wordpiece" | "byte-level" | "sentencepiece";
  /** What its vocabulary stands in, where there is no tokenizer.json. */
  readonly files: readonly string[];
  readonly tokens: SpecialTokens;
  /** Whether a pair has a second closing token between its texts. */
  readonly doubled: boolean;
  /** Whether the second text of a pair has tokens of type 1. */
  readonly typed: boolean;
  /** Whether the mask takes the white space before it away. */
  readonly maskTakesSpace: boolean;
}

const bert = {
  kind: "wordpiece",
  files: ["vocab.txt"],
  tokens: { cls: "[CLS]", sep: "[SEP]", pad: "[PAD]", unk: "[UNK]", mask: "[MASK]" },
  doubled: false,
  typed: true,
  maskTakesSpace: false,
} as const;
const roberta = {
  kind: "byte-level",
  files: ["vocab.json", "merges.txt"],
  tokens: { cls: "<s>", sep: "</s>", pad: "<pad>", unk: "<unk>", mask: "<mask>" },
  doubled: true,
  typed: false,
  maskTakesSpace: true,
} as const;
const xlmRoberta = { ...roberta, kind: "sentencepiece", files: ["sentencepiece.bpe.model"] } as const;

const FAMILIES: readonly TokenizerFamily[] = [
  { className: "BertTokenizer", modelType: "bert", ...bert },
  { className: "DistilBertTokenizer", modelType: "distilbert", ...bert },
  { className: "ElectraTokenizer", modelType: "electra", ...bert },
  {
    className: "MPNetTokenizer",
    modelType: "mpnet",
    ...{ ...roberta, kind: "wordpiece", files: bert.files, tokens: { ...roberta.tokens, unk: "[UNK]" } },
  },
  { className: "RobertaTokenizer", modelType: "roberta", ...roberta },
  { className: "XLMRobertaTokenizer", modelType: "xlm-roberta", ...xlmRoberta },
  { className: "CamembertTokenizer", modelType: "camembert", ...xlmRoberta },
  {
    className: "AlbertTokenizer",
    modelType: "albert",
    ...{ ...bert, kind: "sentencepiece", files: ["spiece.model"], maskTakesSpace: true },
    tokens: { ...bert.tokens, pad: "<pad>", unk: "<unk>" },
  },
  {
    className: "DebertaV2Tokenizer",
    modelType: "deberta-v2",
    ...{ ...bert, kind: "sentencepiece", files: ["spm.model"] },
  },
];

/** Every file that a vocabulary may stand in, beside tokenizer.json. */
export const VOCABULARY_FILES: readonly string[] = [...new Set(FAMILIES.flatMap(({ files }) => files))];

/** The family of a class, or else of a model type, if it is one of these. */
export function tokenizerFamily(
  className: string | undefined,
  modelType: string | undefined,
): TokenizerFamily | undefined {
  const name = className?.replace(/Fast$/, "");
  return FAMILIES.find((family) => (name === undefined ? family.modelType === modelType : family.className === name));
}

/** Tokenizers of Transformers that have no tokenizer.json: vocabularies of their own, or another program that finds the words. */
export const PYTHON_CLASSES = /^(Bertweet|Phobert|BertJapanese|XLM|Flaubert)Tokenizer$/;
