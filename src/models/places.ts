/** Scores that depend on where a key stands: masks that hold for them, and keys without a place beside them. */
import { evaluateDim } from "../graph/dim.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { constant } from "../graph/ops/leaf.ts";
import { concat, slice } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Added to scores of padding where no score may reach it: softmax makes zeros of it. */
export const NEVER_REACHED = -1e4;

/** A bias of places [1, …, length, length] behind keys without a token, for which nothing is added: they have no place. */
export function besideVirtualKeys(placeBias: Tensor, key: Tensor): Tensor {
  const count = evaluateDim(key.shape[2]!, { length: 0 });
  if (count === 0) return placeBias;
  const zero = scale(slice(placeBias, 3, 0, 1), 0); // [1, …, length, 1]
  return concat([add(zero, constant(new Array(count).fill(0), [1, 1, 1, count])), placeBias], 3);
}
