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
    readonly vocab: Readonly<Record<string, number>>;
    readonly continuing_subword_prefix?: string;
  };
}

/** @throws AttuneError where the tokenizer has no [MASK], or puts something else than one token around a text */
export function maskingRules(
  tokenizer: Tokenizer,
  folder: string,
  vocabularySize: number,
  { maskShare, wholeWords }: { readonly maskShare: number; readonly wholeWords: boolean },
): MaskingRules & { readonly ends: Ends } {
  const file = join(folder, "tokenizer.json");
  const { added_tokens = [], model } = tokenizer.definition as Definition;
  const maskId = model.vocab["[MASK]"] ?? added_tokens.find(({ content }) => content === "[MASK]")?.id;
  const empty = tokenizer.encode("", 2).ids;
  if (maskId === undefined || empty.length !== 2)
    throw new AttuneError(
      "pretrain/tokenizer",
      `${file}: pre-training needs BERT's tokens [MASK], [CLS] before a text and [SEP] after it, which this tokenizer lacks`,
    );
  const special = new Set(added_tokens.filter((token) => token.special).map(({ id }) => id));
  for (const id of [...empty, maskId]) special.add(id);
  const prefix = model.continuing_subword_prefix ?? "##";
  const continuing = new Set(
    Object.entries(model.vocab)
      .filter(([piece]) => piece.startsWith(prefix))
      .map(([, id]) => id),
  );
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
