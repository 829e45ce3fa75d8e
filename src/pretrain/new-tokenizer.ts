/** A WordPiece tokenizer for a new model: its vocabulary learnt from text, its files as Hugging Face's libraries read them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bertNormalize, bertWords } from "../tokens/bert-text.ts";
import { CONTINUATION, learnVocabulary, SPECIAL_TOKENS } from "./learn-vocabulary.ts";

const NORMALIZER = { clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };

/** Longer words are unknown, as in BERT. */
const LONGEST_WORD = 100;

const [DEFINITION, CONFIG] = ["tokenizer.json", "tokenizer_config.json"] as const;

/** Whether both files of a new tokenizer are in a folder, and neither was cut. */
export function isTokenizerWhole(folder: string): boolean {
  try {
    for (const name of [DEFINITION, CONFIG]) JSON.parse(readFileSync(join(folder, name), "utf8"));
    return true;
  } catch {
    return false;
  }
}

/** How often each word occurs in texts, prepared as BERT does. */
export function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of bertWords(bertNormalize(text, NORMALIZER)))
      if (word.length <= LONGEST_WORD) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Learns a vocabulary of at most `size` pieces and writes tokenizer.json and tokenizer_config.json into a folder. */
export function writeNewTokenizer(folder: string, texts: Iterable<string>, size: number): void {
  const vocabulary = learnVocabulary(countWords(texts), size);
  const idOf = (token: string) => vocabulary.indexOf(token);
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const sequence = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });
  const definition = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content) => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "BertNormalizer", ...NORMALIZER },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), sequence("A", 0), special("[SEP]")],
      pair: [
        special("[CLS]"),
        sequence("A", 0),
        special("[SEP]"),
        sequence("B", 1),
        { SpecialToken: { id: "[SEP]", type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: CONTINUATION, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: CONTINUATION,
      max_input_chars_per_word: LONGEST_WORD,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    },
  };
  const config = {
    tokenizer_class: "BertTokenizer",
    do_lower_case: true,
    strip_accents: null,
    tokenize_chinese_chars: true,
    unk_token: "[UNK]",
    sep_token: "[SEP]",
    pad_token: "[PAD]",
    cls_token: "[CLS]",
    mask_token: "[MASK]",
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DEFINITION), `${JSON.stringify(definition, null, 1)}\n`, { flush: true });
  writeFileSync(join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`, { flush: true });
}
