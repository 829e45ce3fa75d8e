/**
 * What does not change is not computed twice: the highest place of a model that no trained parameter reaches. Its value
 * depends on the text only, so it is computed once for each and kept.
 */
import type { Dim } from "../graph/dim.ts";
import { countOperations } from "../graph/operations.ts";
import { input, inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { pruneRows } from "../graph/row-pruning.ts";
import { simplify } from "../graph/simplify.ts";
import type { Tensor } from "../graph/tensor.ts";
import { FROZEN_FEATURES, rowAxes } from "../models/batch.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { plainScope, type Scope } from "../models/scope.ts";

export interface FrozenFeatures {
  /** Which of the places that may be features, in the order of the forward pass. */
  readonly place: number;
  /** One row for each text, or for each of its tokens. */
  readonly rows: "text" | "token";
  readonly width: number;
  /** Computes it, under the name of the input, without dropout. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Floating-point operations for a batch. */
  readonly operations: Dim;
}

/** The highest place that training does not reach, or undefined where it reaches all. */
export function findFrozenFeatures(encoder: Encoder, trained: readonly Parameter[]): FrozenFeatures | undefined {
  const places: Tensor[] = [];
  const plain = plainScope(encoder.parameters, (x) => x);
  const mayFreeze = (x: Tensor): Tensor => {
    places.push(x);
    return x;
  };
  encoder.logits({ ...plain, mayFreeze });
  const changing = new Set(trained.map(({ name }) => name));
  const place = places.findLastIndex(
    (x) => !nodesInOrder([x]).some(({ outputs: [y] }) => changing.has(inputName(y!)!)),
  );
  const found = places[place];
  if (!found) return undefined;
  const rows = found.shape[0] === "batch" ? "text" : "token";
  const outputs = simplify(pruneRows({ [FROZEN_FEATURES]: found }, rowAxes));
  const operations = countOperations(Object.values(outputs));
  return { place, rows, width: found.shape[1] as number, outputs, operations };
}

/** The scope in which the place of the frozen features is an input of the program. */
export function aboveFeatures(scope: Scope, features: FrozenFeatures | undefined): Scope {
  if (!features) return scope;
  let seen = 0;
  return { ...scope, mayFreeze: (x) => (seen++ === features.place ? input(FROZEN_FEATURES, x.dtype, x.shape) : x) };
}
