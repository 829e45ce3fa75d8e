/** Scores that depend on where a key stands: masks that hold for them, and keys without a place beside them. */
import { evaluateDim } from "../graph/dim.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { gatherRows } from "../graph/ops/indexing.ts";
import { constant } from "../graph/ops/leaf.ts";
import { concat, reshape, slice, transpose } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DistanceInput, distanceInput } from "./batch.ts";
import type { Declarations, Place } from "./declarations.ts";
import type { LinearSite, Scope } from "./scope.ts";

/** What attention scores have, beside the product of query and key, that depends on how far apart the two are. */
export interface PlaceScores {
  /** Batch inputs that it reads. */
  readonly inputs: readonly DistanceInput[];
  /** Of how many products a score is the sum; it is divided by their root. @default 1 */
  readonly terms?: number;
  /** Declares what the next layer has of its own; the sites are those of its tokens. */
  addLayer?(query: LinearSite, key: LinearSite, at: Place): void;
  /**
   * For a program what is added to the scores of a layer, [1 or batch, heads, length, length], from its queries, which are
   * divided by the root already, and its keys, [batch, heads, length, dim] each.
   */
  inProgram(scope: Scope): (layer: number, query: Tensor, key: Tensor) => Tensor | undefined;
}

/** One bias for each bucket of distances and head, the same in all layers: `table` [buckets, heads]. */
export function distanceBias(
  { table, heads, buckets }: { readonly table: string; readonly heads: number; readonly buckets: number },
  bucketOf: (distance: number) => number,
): (declarations: Declarations, prefix: string) => PlaceScores {
  const index: DistanceInput = { name: "distanceBuckets", dtype: "int32", of: bucketOf };
  return (declarations, prefix) => {
    // By its name it is a bias to Transformers and PEFT: without decay, and trained where biases are.
    declarations.declare(`${prefix}${table}`, [buckets, heads], "bias", { part: "encoder" });
    return {
      inputs: [index],
      inProgram: (scope) => {
        const rows = gatherRows(scope.parameter(`${prefix}${table}`), distanceInput(index)); // [length, length, heads]
        const bias = reshape(transpose(rows, [2, 0, 1]), [1, heads, "length", "length"]);
        return () => bias;
      },
    };
  };
}

/** Added to scores of padding where no score may reach it: softmax makes zeros of it. */
export const NEVER_REACHED = -1e4;

/** A bias of places [1, …, length, length] behind keys without a token, for which nothing is added: they have no place. */
export function besideVirtualKeys(placeBias: Tensor, key: Tensor): Tensor {
  const count = evaluateDim(key.shape[2]!, { length: 0 });
  if (count === 0) return placeBias;
  const zero = scale(slice(placeBias, 3, 0, 1), 0); // [1, …, length, 1]
  return concat([add(zero, constant(new Array(count).fill(0), [1, 1, 1, count])), placeBias], 3);
}
