/**
 * Floating-point operations of a program, counted from its graph. A multiply-add is 2; any function of one number (exp,
 * tanh, erf, a square root, a division) is 1; moving values is 0. Sizes stay symbolic: a program is counted once and the
 * count evaluated for each batch.
 */
import { addDims, type Dim, productOf } from "./dim.ts";
import { nodesInOrder } from "./order.ts";
import type { Cost, Tensor } from "./tensor.ts";

/** So many operations for each element of the output. */
export const perElement =
  (count: number): Cost =>
  ({ outputs: [y] }) =>
    productOf([count, ...y!.shape]);

/** What computing `outputs` takes; nothing for what has been computed for `done`. */
export function countOperations(outputs: readonly Tensor[], done: readonly Tensor[] = []): Dim {
  const before = new Set(nodesInOrder(done));
  // Layers are alike: there are far fewer different costs than nodes.
  const times = new Map<Dim, number>();
  for (const node of nodesInOrder(outputs)) {
    if (before.has(node) || node.op.operations === "none") continue;
    const cost = node.op.operations(node);
    times.set(cost, (times.get(cost) ?? 0) + 1);
  }
  return [...times].reduce<Dim>((total, [cost, count]) => addDims(total, productOf([count, cost])), 0);
}
