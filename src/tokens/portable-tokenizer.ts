/**
 * A tokenizer.json that Rust and JavaScript read alike. Their steps go by the Unicode of their time, or of the JavaScript
 * engine, so the characters that these concern are written out.
 */
import { type BertNormalizerOptions, bertClasses } from "./bert-text.ts";
import { portablePattern, rangesOf } from "./character-ranges.ts";
import { charsmapNormalizer } from "./charsmap.ts";
import type { NormalizerStep, PreTokenizerStep } from "./exact-steps.ts";
import { COMBINING } from "./unigram-unicode.ts";

interface Definition {
  readonly normalizer?: NormalizerStep | null | undefined;
  readonly pre_tokenizer?: PreTokenizerStep | null | undefined;
}

/** The same definition with steps that differ in portable ones; any other step as it is. */
export function portable<Given extends Definition>(definition: Given): object {
  const { normalizer, pre_tokenizer: preTokenizer } = definition;
  const splitsChinese = stepsOf(normalizer).some(
    ({ type, handle_chinese_chars: splits = true }) => type === "BertNormalizer" && splits,
  );
  return {
    ...definition,
    ...(normalizer && { normalizer: inSequence("normalizers", normalizer, portableNormalizer) }),
    ...(preTokenizer && {
      pre_tokenizer: inSequence("pretokenizers", preTokenizer, (step) => portablePreTokenizer(step, splitsChinese)),
    }),
  };
}

interface Nested {
  readonly type: string;
  readonly normalizers?: readonly Nested[] | undefined;
  readonly pretokenizers?: readonly Nested[] | undefined;
}

/** One step, or those of a sequence. */
const stepsOf = <Step extends Nested>(step: Step | null | undefined): Step[] =>
  step?.type === "Sequence"
    ? ([...(step.normalizers ?? []), ...(step.pretokenizers ?? [])] as Step[]).flatMap((inner) => stepsOf(inner))
    : step
      ? [step]
      : [];

/** A step as it is, or the sequence of what stands for it and its parts. */
function inSequence<Step extends Nested>(key: string, step: Step, rewritten: (step: Step) => object[]): object {
  const steps = stepsOf(step).map((part) => [part, rewritten(part)] as const);
  if (steps.every(([part, made]) => made.length === 1 && made[0] === part)) return step;
  return { type: "Sequence", [key]: steps.flatMap(([, made]) => made) };
}

function portableNormalizer(step: NormalizerStep): object[] {
  const { spaces } = bertClasses();
  switch (step.type) {
    case "BertNormalizer":
      return bertSteps(step);
    case "Precompiled":
      return asNfkc(step);
    case "Strip":
      return [
        ...(step.strip_left ? [replace({ Regex: String.raw`\A${spaces}+` }, "")] : []),
        ...(step.strip_right ? [replace({ Regex: String.raw`${spaces}+\z` }, "")] : []),
      ];
    case "StripAccents":
      return [replace({ Regex: portablePattern(`[${rangesOf(COMBINING)}]`) }, "")];
    case "Lowercase":
      return lowerCase;
    default:
      return [step];
  }
}

function bertSteps({ clean_text = true, lowercase = true, strip_accents }: BertNormalizerOptions): object[] {
  const { removed, spaces, marks } = bertClasses();
  return [
    ...(clean_text ? [replace({ Regex: removed }, ""), replace({ Regex: spaces }, " ")] : []),
    ...((strip_accents ?? lowercase) ? [{ type: "NFD" }, replace({ Regex: marks }, "")] : []),
    ...(lowercase ? lowerCase : []),
  ];
}

function portablePreTokenizer(step: PreTokenizerStep, splitsChinese: boolean): object[] {
  const { spaces, punctuation, chinese } = bertClasses();
  switch (step.type) {
    case "BertPreTokenizer":
      return [
        split(spaces, "Removed"),
        split(punctuation, "Isolated"),
        ...(splitsChinese ? [split(chinese, "Isolated")] : []),
      ];
    case "WhitespaceSplit":
      return [split(spaces, "Removed")];
    case "Punctuation":
      return step.behavior === "Isolated" ? [split(punctuation, "Isolated")] : [step];
    case "ByteLevel":
      // The space that it may put first has to be there before words are found, so then its own pattern stays.
      return step.add_prefix_space || step.use_regex === false
        ? [step]
        : [split(BYTE_LEVEL_WORDS, "Isolated"), { ...step, use_regex: false }];
    default:
      return [step];
  }
}

/** GPT-2's words, with white space as Unicode has it. */
const BYTE_LEVEL_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const split = (Regex: string, behavior: string) => ({ type: "Split", pattern: { Regex }, behavior, invert: false });
// JavaScript makes the last Σ of a word another letter than Rust does.
const lowerCase = [replace({ String: "Σ" }, "σ"), { type: "Lowercase" }];

// What the maps of some versions of SentencePiece make a space and JavaScript does not.
const UNLIKE_NFKC = ["\u061c", "\u2066", "\u2067", "\u2068", "\u2069", "\u0085"];
/** Joins emoji; JavaScript makes it a space in any case. */
const JOINER = "\u200d";
/** In no text. */
const NO_CHARACTER = "\ufdd0";

/** JavaScript takes any character map for NFKC with some spaces: what it makes of single characters is put right. */
function asNfkc(step: NormalizerStep): object[] {
  if (!step.precompiled_charsmap) return [step];
  const exact = charsmapNormalizer(step.precompiled_charsmap);
  const first = UNLIKE_NFKC.filter((c) => exact(c) !== c).map((c) => replace({ String: c }, exact(c)));
  if (exact(JOINER) !== JOINER) return [...first, step];
  const [hide, show] = [replace({ String: JOINER }, NO_CHARACTER), replace({ String: NO_CHARACTER }, JOINER)];
  return [...first, hide, step, show];
}
