/** BERT's text preparation, equal to Hugging Face's on every character; the JavaScript library differs on some. */
import { DECOMPOSING, MARKS, PUNCTUATION, REMOVED } from "./bert-unicode.ts";
import { portablePattern, rangesOf, SPACES } from "./character-ranges.ts";

/** The `normalizer` of a tokenizer.json with the type BertNormalizer. */
export interface BertNormalizerOptions {
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  /** Where it is null, as `lowercase`. */
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
}

// Letters, digits and signs of ASCII and the space: nothing to do but lower them.
const PLAIN = /^[ -~]*$/;
const LONE_SURROGATE = /\p{Cs}/gu;
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

const removed = new RegExp(`[${rangesOf(REMOVED)}]`, "gu");
const spaces = new RegExp(`[${SPACES}]`, "gu");
const marks = new RegExp(`[${rangesOf(MARKS)}]`, "gu");
const decomposing = new RegExp(`[${rangesOf(DECOMPOSING)}]+`, "gu");
const words = new RegExp(`[^${SPACES}${rangesOf(PUNCTUATION)}]+|[${rangesOf(PUNCTUATION)}]`, "gu");
const isolated = new RegExp(`[^${rangesOf(PUNCTUATION)}]+|[${rangesOf(PUNCTUATION)}]`, "gu");
const plainWords = /[^ !-/:-@[-`{-~]+|[!-/:-@[-`{-~]/g;

/** The text as BERT's vocabulary knows it: without control characters and, where the model wants it, accents and case. */
export function bertNormalize(text: string, options: BertNormalizerOptions): string {
  const { clean_text = true, handle_chinese_chars = true, lowercase = true } = options;
  const strips = options.strip_accents ?? lowercase;
  if (PLAIN.test(text)) return lowercase ? text.toLowerCase() : text;
  // Half a character cannot be written as UTF-8, so no other library sees one: it becomes the replacement character.
  text = text.replace(LONE_SURROGATE, "\ufffd");
  if (clean_text) text = text.replace(removed, "").replace(spaces, " ");
  if (handle_chinese_chars) text = text.replace(CHINESE, " $& ");
  if (strips) text = text.replace(decomposing, (run) => run.normalize("NFD")).replace(marks, "");
  // Letter by letter: JavaScript alone would make Σ at the end of a word ς.
  return lowercase ? text.replaceAll("Σ", "σ").toLowerCase() : text;
}

/** The classes of characters as regular expressions that Oniguruma, which Rust's tokenizers use, reads, too. */
export const bertClasses = () => ({
  removed: portablePattern(`[${rangesOf(REMOVED)}]`),
  spaces: portablePattern(`[${SPACES}]`),
  marks: portablePattern(`[${rangesOf(MARKS)}]`),
  punctuation: portablePattern(`[${rangesOf(PUNCTUATION)}]`),
  chinese: portablePattern(CHINESE.source),
});

/** Words and single punctuation marks of a normalised text. */
export function bertWords(text: string): string[] {
  return text.match(PLAIN.test(text) ? plainWords : words) ?? [];
}

/** The text in order, each punctuation mark alone. */
export const bertIsolated = (text: string): string[] => text.match(isolated) ?? [];
