/**
 * What does not change is not computed twice: the highest place of a model that no trained parameter reaches. Its value
 * depends on the text only, so it is computed once for each and kept.
 */
import type { Dim } from "../graph/dim.ts";
import { narrow } from "../graph/narrow.ts";
import { countOperations } from "../graph/operations.ts";
import { input, inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { simplify } from "../graph/simplify.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { KEPT } from "../models/inputs.ts";
import { plainScope, type Scope } from "../models/scope.ts";

export interface Kept {
  /** Which of the places that may be kept, in the order of the forward pass. */
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
export function findKept(encoder: Encoder, trained: readonly Parameter[]): Kept | undefined {
  const places: Tensor[] = [];
  const plain = plainScope(encoder.parameters, (x) => x);
  const mayKeep = (x: Tensor): Tensor => {
    places.push(x);
    return x;
  };
  encoder.logits({ ...plain, mayKeep });
  const changing = new Set(trained.map(({ name }) => name));
  const place = places.findLastIndex(
    (x) => !nodesInOrder([x]).some(({ outputs: [y] }) => changing.has(inputName(y!)!)),
  );
  const found = places[place];
  if (!found) return undefined;
  const rows = found.shape[0] === "batch" ? "text" : "token";
  const outputs = simplify(narrow({ [KEPT]: found }));
  const operations = countOperations(Object.values(outputs));
  return { place, rows, width: found.shape[1] as number, outputs, operations };
}

/** The scope in which the kept place is an input of the program. */
export function aboveKept(scope: Scope, kept: Kept | undefined): Scope {
  if (!kept) return scope;
  let seen = 0;
  return { ...scope, mayKeep: (x) => (seen++ === kept.place ? input(KEPT, x.dtype, x.shape) : x) };
}
