/** The order in which a program can be computed. What the outputs do not need is not in it: this is the pruner. */
import type { Node, Tensor } from "./tensor.ts";

/**
 * All nodes that the outputs need, each after those it uses; equal programs give equal orders. `inputsOf` gives what a node uses
 * in the order in which that is to come.
 */
export function nodesInOrder(
  outputs: readonly Tensor[],
  inputsOf: (node: Node) => readonly Tensor[] = ({ inputs }) => inputs,
): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "entered" | "done">();
  // An explicit stack: a deep encoder with its derivative is deeper than the call stack allows.
  const stack: Node[] = outputs.map((t) => t.node).reverse();
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const seen = state.get(node);
    if (seen === undefined) {
      state.set(node, "entered");
      for (const { node: used } of [...inputsOf(node)].reverse()) if (!state.has(used)) stack.push(used);
    } else {
      stack.pop();
      if (seen === "entered") {
        state.set(node, "done");
        order.push(node);
      }
    }
  }
  return order;
}
