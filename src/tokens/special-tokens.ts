/** The special tokens that a tokenizer puts around texts, and where it puts them. */
import { z } from "zod";

/** Tokens of which a family of tokenizers has its own. */
export interface SpecialTokens {
  /** Begins each text. */
  readonly cls: string;
  /** Ends each text. */
  readonly sep: string;
  readonly pad: string;
  readonly unk: string;
  readonly mask: string;
}

export const SPECIAL_NAMES = ["cls", "sep", "pad", "unk", "mask"] as const;

/** A token in tokenizer_config.json and special_tokens_map.json. */
const tokenShape = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
export const specialShape = {
  cls_token: tokenShape,
  sep_token: tokenShape,
  pad_token: tokenShape,
  unk_token: tokenShape,
  mask_token: tokenShape,
};
type Named = { readonly [Name in keyof typeof specialShape]?: z.input<typeof tokenShape> };

/** The tokens that files name, the first of them that does. */
export function namedTokens(...files: readonly Named[]): Partial<SpecialTokens> {
  const found = SPECIAL_NAMES.flatMap((name) => {
    const token = files.map((file) => file[`${name}_token`]).find((value) => value != null);
    return token == null ? [] : [[name, typeof token === "string" ? token : token.content]];
  });
  return Object.fromEntries(found);
}

/** A tokenizer.json's `post_processor`. */
export interface PostProcessor {
  readonly type: string;
  readonly processors?: readonly PostProcessor[] | undefined;
  /** Of Bert- and RobertaProcessing. */
  readonly cls?: readonly [string, number] | undefined;
  readonly sep?: readonly [string, number] | undefined;
  /** Of TemplateProcessing. */
  readonly single?: readonly TemplatePart[] | undefined;
  readonly pair?: readonly TemplatePart[] | undefined;
  readonly special_tokens?: Readonly<Record<string, { readonly ids: readonly number[] }>> | undefined;
}

export type TemplatePart =
  | { readonly SpecialToken: { readonly id: string; readonly type_id: number } }
  | { readonly Sequence: { readonly id: "A" | "B"; readonly type_id: number } };

/** The tokens around texts, and before which of the five parts tokens have type 1 from then on. */
export interface Template {
  readonly opening: readonly number[];
  readonly between: readonly number[];
  readonly closing: readonly number[];
  readonly typeOneFrom: number;
}

const PLAIN: Template = { opening: [], between: [], closing: [], typeOneFrom: 5 };

/**
 * The templates of a text and of a pair, as the post-processor has them.
 *
 * @throws Error for a post-processor that is none of the kinds that put tokens around texts
 */
export function templatesOf(given: PostProcessor | null | undefined): {
  readonly single: Template;
  readonly pair: Template;
} {
  switch (given?.type) {
    case undefined:
    case "ByteLevel":
      return { single: PLAIN, pair: PLAIN };
    case "Sequence": {
      // One of them puts tokens around texts; ByteLevel, the other that is seen, only counts characters.
      const around = given.processors?.filter(({ type }) => type !== "ByteLevel") ?? [];
      if (around.length > 1) throw new Error("its post_processor is a sequence of several templates");
      return templatesOf(around[0]);
    }
    case "BertProcessing":
    case "RobertaProcessing": {
      const [cls, sep] = [given.cls![1], given.sep![1]];
      const isBert = given.type === "BertProcessing";
      const around = { opening: [cls], closing: [sep] };
      return {
        single: { ...PLAIN, ...around },
        pair: { ...around, between: isBert ? [sep] : [sep, sep], typeOneFrom: isBert ? 3 : 5 },
      };
    }
    case "TemplateProcessing": {
      const idsOf = (token: string) => given.special_tokens?.[token]?.ids ?? [];
      return { single: templateOf(given.single!, idsOf), pair: templateOf(given.pair!, idsOf) };
    }
    default:
      throw new Error(`its post_processor is a ${given!.type}`);
  }
}

/** The five parts are what opens, the first text, what stands between, the second text, what closes. */
function templateOf(parts: readonly TemplatePart[], idsOf: (token: string) => readonly number[]): Template {
  const first = parts.findIndex((part) => "Sequence" in part && part.Sequence.id === "A");
  const second = parts.findIndex((part) => "Sequence" in part && part.Sequence.id === "B");
  if (first < 0) throw new Error("its post_processor has no place for the text");
  const end = second < 0 ? first : second;
  const ids = (from: number, to: number) =>
    parts.slice(from, to).flatMap((part) => ("SpecialToken" in part ? idsOf(part.SpecialToken.id) : []));
  const typed = parts.findIndex((part) => ("Sequence" in part ? part.Sequence : part.SpecialToken).type_id === 1);
  const typeOneFrom = typed < 0 || second < 0 ? 5 : typed < second ? 2 : typed === second ? 3 : 4;
  return { opening: ids(0, first), between: ids(first + 1, end), closing: ids(end + 1, parts.length), typeOneFrom };
}
