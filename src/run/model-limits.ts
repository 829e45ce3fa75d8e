/** What a model can take: what does not fit shows before a run begins, and not in the middle of it. */
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { Encoder } from "../models/encoder.ts";

/** Refuses a tokenizer with ids for which the model has no embedding. */
export function requireVocabulary({ largestId }: Tokenizer, { vocabularySize }: Encoder, folder: string): void {
  if (largestId < vocabularySize) return;
  throw new AttuneError(
    "tokenizer/vocabulary",
    `${join(folder, "tokenizer.json")}: its ids go up to ${largestId}, but the model has ${vocabularySize} word embeddings; ` +
      "take the tokenizer that belongs to the model",
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
