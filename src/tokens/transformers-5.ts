/** The steps that version 5 of Transformers puts in place of a SentencePiece tokenizer's own, for whoever asks for them. */
import type { NormalizerStep, PreTokenizerStep } from "./exact-steps.ts";
import { sentencePieceSteps } from "./sentencepiece-definition.ts";
import type { PostProcessor, TemplatePart } from "./special-tokens.ts";
import type { VocabularyOptions } from "./vocabulary-definition.ts";

interface Definition {
  readonly normalizer?: NormalizerStep | null | undefined;
  readonly pre_tokenizer?: PreTokenizerStep | null | undefined;
  readonly post_processor?: PostProcessor | null | undefined;
}

/** The key of tokenizer_config.json that asks for them. */
export const SWITCH = "attune_tokenizer";
export const TRANSFORMERS_5 = "transformers-5";

/**
 * The same definition with text prepared as version 5 does: DeBERTa without its character map, XLM-RoBERTa and CamemBERT always
 * cut at white space, ALBERT with one type for both texts of a pair.
 */
export function asTransformers5<Given extends Definition>(
  definition: Given,
  className: string,
  options: VocabularyOptions,
): Given {
  const charsmap = charsmapOf(definition.normalizer) ?? "";
  const steps = sentencePieceSteps(className, charsmap, options);
  if (className === "DebertaV2Tokenizer")
    return { ...definition, ...steps, normalizer: { type: "Sequence", normalizers: debertaSteps(options) } };
  const isAlbert = className === "AlbertTokenizer";
  return { ...definition, ...steps, ...(isAlbert && { post_processor: untyped(definition.post_processor) }) };
}

const debertaSteps = ({ do_lower_case: lowers = false }: VocabularyOptions): object[] => [
  ...(lowers ? [{ type: "Lowercase" }] : []),
  { type: "Replace", pattern: { Regex: String.raw`\s{2,}|[\n\r\t]` }, content: " " },
  { type: "NFC" },
  { type: "Strip", strip_left: false, strip_right: true },
];

function charsmapOf(step: NormalizerStep | null | undefined): string | undefined {
  if (step?.precompiled_charsmap) return step.precompiled_charsmap;
  return step?.normalizers?.map(charsmapOf).find((map) => map !== undefined);
}

/** The same with type 0 everywhere. */
function untyped(given: PostProcessor | null | undefined): PostProcessor | null | undefined {
  const plain = (parts: readonly TemplatePart[] | undefined) =>
    parts?.map((part) =>
      "Sequence" in part
        ? { Sequence: { ...part.Sequence, type_id: 0 } }
        : { SpecialToken: { ...part.SpecialToken, type_id: 0 } },
    );
  return given?.type === "TemplateProcessing"
    ? { ...given, single: plain(given.single), pair: plain(given.pair) }
    : given;
}
