/** Masked texts as a packed batch, with what the loss of a language model reads. */

import { type HostTensors, int32 } from "../engine/engine.ts";
import { type PackedBatch, packBatch } from "../models/packed-batch.ts";
import { plainObjective } from "../train/classification-objective.ts";
import { targetInputs } from "../train/step.ts";
import { MASKED } from "./masked-objective.ts";
import type { MaskedText } from "./masking.ts";

export interface MaskedBatch {
  readonly batch: PackedBatch;
  readonly targets: HostTensors;
  /** Tokens to be guessed. */
  readonly guessed: number;
}

export function packMasked(texts: readonly MaskedText[], heads: number, vocabularySize: number): MaskedBatch {
  const batch = packBatch(
    texts.map(({ ids }) => ids),
    heads,
  );
  let start = 0;
  const places = texts.flatMap(({ places: own, ids }) => {
    const found = own.map((place) => start + place);
    start += ids.length;
    return found;
  });
  const labels = texts.flatMap((text) => text.labels);
  const targets = {
    ...targetInputs(labels, plainObjective(vocabularySize)),
    [MASKED]: int32(Int32Array.from(places), [places.length]),
  };
  return { batch, targets, guessed: places.length };
}
