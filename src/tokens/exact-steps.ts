/** Steps of text preparation that the JavaScript library has in another way than Rust's tokenizers: put right in its objects. */
import { type BertNormalizerOptions, bertIsolated, bertNormalize, bertWords } from "./bert-text.ts";
import { rangesOf, SPACES } from "./character-ranges.ts";
import { charsmapNormalizer } from "./charsmap.ts";
import { COMBINING, NEWER } from "./unigram-unicode.ts";

/** One step of a tokenizer.json's `normalizer`. */
export interface NormalizerStep extends BertNormalizerOptions {
  readonly type: string;
  readonly normalizers?: readonly NormalizerStep[] | undefined;
  readonly precompiled_charsmap?: string | null | undefined;
  readonly strip_left?: boolean | undefined;
  readonly strip_right?: boolean | undefined;
}

/** One step of a tokenizer.json's `pre_tokenizer`. */
export interface PreTokenizerStep {
  readonly type: string;
  readonly pretokenizers?: readonly PreTokenizerStep[] | undefined;
  readonly behavior?: string | undefined;
  readonly add_prefix_space?: boolean | undefined;
  readonly use_regex?: boolean | undefined;
}

/** What the library makes of a normalizer, as far as it is changed here. */
interface MadeNormalizer {
  normalize(text: string): string;
  readonly normalizers?: readonly (MadeNormalizer | null)[];
}

interface MadePreTokenizer {
  pre_tokenize_text(text: string, options?: object): string[];
  readonly tokenizers?: readonly (MadePreTokenizer | null)[];
  /** Of ByteLevel. */
  pattern?: RegExp;
}

// ASCII is in every normal form.
const PLAIN = /^[\0-\x7f]*$/;
const leadingSpaces = new RegExp(`^[${SPACES}]+`, "u");
const trailingSpaces = new RegExp(`[${SPACES}]+$`, "u");
const notSpaces = new RegExp(`[^${SPACES}]+`, "gu");
const combining = new RegExp(`[${rangesOf(COMBINING)}]`, "gu");
const notNewer = new RegExp(`[^${rangesOf(NEWER)}]+`, "gu");
/** GPT-2's words. */
const byteLevelWords = new RegExp(
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${SPACES}\p{L}\p{N}]+|[${SPACES}]+(?![^${SPACES}])|[${SPACES}]+`,
  "gu",
);

/** Without white space at its sides, whatever JavaScript's own `trim` takes for such. */
export const trimStart = (text: string): string => text.replace(leadingSpaces, "");
export const trimEnd = (text: string): string => text.replace(trailingSpaces, "");

/** Letter by letter: JavaScript alone would make Σ at the end of a word ς. */
const lowerCase = (text: string): string => text.replaceAll("Σ", "σ").toLowerCase();

/** What a step makes of a text; undefined where the library's own step does the same. */
function exactNormalizer(step: NormalizerStep): ((text: string) => string) | undefined {
  switch (step.type) {
    case "BertNormalizer":
      return (text) => bertNormalize(text, step);
    case "Precompiled":
      return step.precompiled_charsmap ? charsmapNormalizer(step.precompiled_charsmap) : undefined;
    case "Strip":
      return (text) => {
        const started = step.strip_left ? trimStart(text) : text;
        return step.strip_right ? trimEnd(started) : started;
      };
    case "StripAccents":
      return (text) => text.replace(combining, "");
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = step.type;
      return (text) => (PLAIN.test(text) ? text : text.replace(notNewer, (run) => run.normalize(form)));
    }
    case "Lowercase":
      return lowerCase;
    default:
      return undefined;
  }
}

/** Puts the library's normalizer right, which was made of `step`. */
export function correctNormalizer(made: unknown, step: NormalizerStep | null | undefined): void {
  const normalizer = made as MadeNormalizer | null;
  if (!normalizer || !step) return;
  const exact = exactNormalizer(step);
  if (exact) normalizer.normalize = exact;
  for (const [i, inner] of (step.normalizers ?? []).entries()) correctNormalizer(normalizer.normalizers?.[i], inner);
}

/** Puts the library's pre-tokenizer right, which was made of `step`. */
export function correctPreTokenizer(made: unknown, step: PreTokenizerStep | null | undefined): void {
  const preTokenizer = made as MadePreTokenizer | null;
  if (!preTokenizer || !step) return;
  if (step.type === "BertPreTokenizer") preTokenizer.pre_tokenize_text = bertWords;
  if (step.type === "WhitespaceSplit") preTokenizer.pre_tokenize_text = (text) => text.match(notSpaces) ?? [];
  if (step.type === "ByteLevel") preTokenizer.pattern = byteLevelWords;
  if (step.type === "Punctuation" && step.behavior === "Isolated") preTokenizer.pre_tokenize_text = bertIsolated;
  for (const [i, inner] of (step.pretokenizers ?? []).entries())
    correctPreTokenizer(preTokenizer.tokenizers?.[i], inner);
}
