/** A method applied to a model: still an encoder, with what the method adds, and the list of what is trained. */

import { noVirtualTokens, pooledPosition } from "../models/batch.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { ChosenMethod } from "./chosen-method.ts";
import type { Adaptation, MethodContext, Start } from "./method.ts";

export interface AdaptedModel {
  /** Takes the place of the model's own encoder in every program. */
  readonly encoder: Encoder;
  readonly adaptation: Adaptation;
  /** In the encoder's order. */
  readonly trained: readonly Parameter[];
}

/** @throws AttuneError where the method cannot be used with this model */
export function adaptModel(encoder: Encoder, { method, options }: ChosenMethod, context: MethodContext): AdaptedModel {
  const adaptation = method.adapt(encoder, options, context);
  const { added = [], virtual = noVirtualTokens } = adaptation;
  const adapted: Encoder = {
    ...encoder,
    parameters: [...encoder.parameters, ...added],
    virtual,
    maxPositions: encoder.maxPositions - virtual.tokens - virtual.keys,
    logits: (scope) => {
      const placed = { ...scope, pooledPosition: pooledPosition(virtual) };
      return encoder.logits(adaptation.wrap?.(placed) ?? placed);
    },
  };
  const trained = adapted.parameters.filter((p) => p.part === "adapter" || adaptation.trains(p));
  return { encoder: adapted, adaptation, trained };
}

/** Gives what the method added the values that training begins with. */
export function startAdded({ adaptation }: AdaptedModel, from: Start): void {
  for (const parameter of adaptation.added ?? []) parameter.start(from.weights(parameter.name), from);
}
