/**
 * BERT's text preparation in a tokenizer.json that Rust and JavaScript read alike. Their own BertNormalizer and
 * BertPreTokenizer go by the Unicode of their time, so the characters that these concern are written out.
 */
import { type BertNormalizerOptions, bertClasses } from "./bert-text.ts";

interface Definition {
  readonly normalizer?: (BertNormalizerOptions & { readonly type: string }) | null;
  readonly pre_tokenizer?: { readonly type: string } | null;
}

/** The same definition with BERT's own steps in portable ones; any other step as it is. */
export function portable<Given extends Definition>(definition: Given): object {
  const { normalizer, pre_tokenizer: preTokenizer } = definition;
  const isBert = normalizer?.type === "BertNormalizer";
  const splitsChinese = isBert && (normalizer.handle_chinese_chars ?? true);
  return {
    ...definition,
    ...(isBert && { normalizer: { type: "Sequence", normalizers: normalizers(normalizer) } }),
    ...(preTokenizer?.type === "BertPreTokenizer" && {
      pre_tokenizer: { type: "Sequence", pretokenizers: preTokenizers(splitsChinese) },
    }),
  };
}

function normalizers({ clean_text = true, lowercase = true, strip_accents }: BertNormalizerOptions): object[] {
  const { removed, spaces, marks } = bertClasses();
  return [
    ...(clean_text ? [replace({ Regex: removed }, ""), replace({ Regex: spaces }, " ")] : []),
    ...((strip_accents ?? lowercase) ? [{ type: "NFD" }, replace({ Regex: marks }, "")] : []),
    // JavaScript makes the last Σ of a word another letter than Rust does.
    ...(lowercase ? [replace({ String: "Σ" }, "σ"), { type: "Lowercase" }] : []),
  ];
}

function preTokenizers(splitsChinese: boolean): object[] {
  const { spaces, punctuation, chinese } = bertClasses();
  return [
    split(spaces, "Removed"),
    split(punctuation, "Isolated"),
    ...(splitsChinese ? [split(chinese, "Isolated")] : []),
  ];
}

const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const split = (Regex: string, behavior: string) => ({ type: "Split", pattern: { Regex }, behavior, invert: false });
