/** What a model can take: what does not fit shows before a run begins, and not in the middle of it. */
import { AttuneError } from "../base/error.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import type { Encoder } from "./encoder.ts";

/** Refuses a tokenizer with ids for which the model has no embedding. */
export function requireVocabulary({ largestId }: Tokenizer, { vocabularySize }: Encoder, folder: string): void {
  if (largestId < vocabularySize) return;
  throw new AttuneError(
    "tokenizer/vocabulary",
    `${folder}/tokenizer.json: its ids go up to ${largestId}, but the model has ${vocabularySize} word embeddings; ` +
      "take the tokenizer that belongs to the model",
  );
}

/**
 * Refuses sentence pairs where the tokenizer tells them apart by types, of which the model has one only. Models without types
 * read pairs by their separators.
 */
export function requirePairs(tokenizer: Tokenizer, { tokenTypes }: Encoder, folder: string): void {
  const { ids, firstTokens } = tokenizer.encode(["a", "b"], Number.POSITIVE_INFINITY);
  if (firstTokens === ids.length || tokenTypes !== 1) return;
  throw new AttuneError(
    "model/token-types",
    `${folder}/config.json: this model has one token type, and its tokenizer gives the second text of a pair another; give one --text column, or another model`,
  );
}

/** The longest text in tokens: as asked for, or as many as the model has positions. */
export function longestText(asked: number | undefined, { maxPositions, virtual }: Encoder): number {
  if (asked === undefined) return maxPositions;
  if (asked >= 2 && asked <= maxPositions) return asked;
  const taken = virtual.tokens > 0 ? `, of which virtual tokens take ${virtual.tokens}` : "";
  throw new AttuneError(
    "options/max-length",
    `--max-length cannot be ${asked}: the model has ${maxPositions + virtual.tokens} positions${taken}; it is 2 to ${maxPositions}`,
  );
}
