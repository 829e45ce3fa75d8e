/** Masked texts as a packed batch, with what the loss of a language model reads. */

import { type HostTensors, int32 } from "../engine/engine-tensors.ts";
import { type BatchLayout, type PackedBatch, packBatch } from "../models/batch.ts";
import type { Encoder } from "../models/encoder.ts";
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

export function packMasked(
  texts: readonly MaskedText[],
  encoder: Pick<Encoder, "vocabularySize"> & BatchLayout,
): MaskedBatch {
  const batch = packBatch(
    texts.map(({ ids }) => ids),
    encoder,
  );
  let start = 0;
  const places = texts.flatMap(({ places: own, ids }) => {
    const found = own.map((place) => start + place);
    start += ids.length;
    return found;
  });
  const labels = texts.flatMap((text) => text.labels);
  const targets = {
    ...targetInputs(labels, plainObjective(encoder.vocabularySize)),
    [MASKED]: int32(Int32Array.from(places), [places.length]),
  };
  return { batch, targets, guessed: places.length };
}
