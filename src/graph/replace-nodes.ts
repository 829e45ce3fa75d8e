/** A program with some of its nodes computed otherwise. */
import { nodesInOrder } from "./order.ts";
import { applyAll, type Node, type Tensor } from "./tensor.ts";

/**
 * The same outputs under the same names; `otherwise` gives what stands for a node's first output, or undefined where it stays. It
 * gets the node with what its operands have become, and as it was.
 */
export function replaceNodes(
  outputs: Readonly<Record<string, Tensor>>,
  otherwise: (node: Node, before: Node) => Tensor | undefined,
): Record<string, Tensor> {
  const replaced = new Map<Tensor, Tensor>();
  for (const node of nodesInOrder(Object.values(outputs))) {
    const operands = node.inputs.map((x) => replaced.get(x) ?? x);
    const changed = operands.some((x, i) => x !== node.inputs[i]);
    const rebuilt = changed ? applyAll(node.op, operands, node.attributes)[0]!.node : node;
    for (const [i, y] of node.outputs.entries()) replaced.set(y, rebuilt.outputs[i]!);
    const instead = otherwise(rebuilt, node);
    if (instead) replaced.set(node.outputs[0]!, instead);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, replaced.get(tensor)!]));
}
