/** How long texts were when a model was made: what its tokenizer's files say counts where nobody asks for something else. */
import type { Encoder } from "../models/encoder.ts";
import { longestText } from "../models/model-limits.ts";
import { modelMaxLength } from "../tokens/tokenizer-files.ts";

/** A length that files of others say, where it is within the model's positions. */
export const fittingLength = (length: number | undefined, { maxPositions }: Encoder): number | undefined =>
  length !== undefined && length >= 2 && length <= maxPositions ? length : undefined;

/** Tokens of the longest text as the files in `folder` have it. */
export const ownMaxLength = (folder: string, encoder: Encoder): number | undefined =>
  fittingLength(modelMaxLength(folder), encoder);

/** Tokens of the longest text: as asked for, or as the model's folder says, or as many as it has positions. */
export const textLength = (asked: number | undefined, folder: string, encoder: Encoder): number =>
  longestText(asked ?? ownMaxLength(folder, encoder), encoder);
