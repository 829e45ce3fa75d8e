/** What masking has to know of a tokenizer. */
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { MaskingRules } from "./masking.ts";
import type { Ends } from "./passages.ts";

interface Definition {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[];
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>> | readonly (readonly [piece: string, score: number])[];
    readonly continuing_subword_prefix?: string;
  };
}

/** How pieces that begin a word begin, in vocabularies of bytes and of SentencePiece. */
const WORD_START = /^[Ġ▁]/;

/** @throws AttuneError where the tokenizer has no [MASK] or <mask>, or puts something else than one token around a text */
export function maskingRules(
  tokenizer: Pick<Tokenizer, "definition" | "encode" | "maskId">,
  folder: string,
  vocabularySize: number,
  { maskShare, wholeWords }: { readonly maskShare: number; readonly wholeWords: boolean },
): MaskingRules & { readonly ends: Ends } {
  const file = join(folder, "tokenizer.json");
  const { added_tokens = [], model } = tokenizer.definition as Definition;
  const pieces = piecesOf(model.vocab);
  const { maskId } = tokenizer;
  const empty = tokenizer.encode("", 2).ids;
  if (maskId === undefined || empty.length !== 2)
    throw new AttuneError(
      "pretrain/tokenizer",
      `${file}: pre-training needs the tokens [MASK] or <mask>, one before a text like [CLS] and one after it like [SEP], which this tokenizer lacks`,
    );
  const special = new Set(added_tokens.filter((token) => token.special).map(({ id }) => id));
  for (const id of [...empty, maskId]) special.add(id);
  const prefix = model.continuing_subword_prefix || "##";
  const isRest =
    model.type === "BPE" || model.type === "Unigram"
      ? (piece: string) => !WORD_START.test(piece)
      : (piece: string) => piece.startsWith(prefix);
  const continuing = new Set(pieces.filter(([piece]) => isRest(piece)).map(([, id]) => id));
  return {
    share: maskShare,
    wholeWords,
    maskId,
    vocabularySize,
    isSpecial: (id) => special.has(id),
    continues: (id) => continuing.has(id),
    ends: { opening: empty[0]!, closing: empty[1]! },
  };
}

/** Pieces with their ids: a list of SentencePiece's has them by place. */
const piecesOf = (vocab: Definition["model"]["vocab"]): (readonly [piece: string, id: number])[] =>
  Array.isArray(vocab) ? vocab.map(([piece], id) => [piece, id]) : Object.entries(vocab);
