/**
 * Computes only the rows that are read. A classifier that looks at one token of each text needs the last layer for that
 * token only; this pass finds such places from the program alone. What is computed keeps its value, to the bit.
 */

import { fromHeadsOp, rowOfEach, rowOfEachOp, toHeadsOp } from "./ops/indexing.ts";
import { reshape, slice } from "./ops/shape.ts";
import { nodesInOrder } from "./order.ts";
import { type AnyOp, applyAll, type Node, type Tensor } from "./tensor.ts";

/** Which rows of a node's output are read: one of each text, chosen in one way throughout, or all. */
type Demand = { readonly index: Tensor; readonly position: number } | "all";

/** The same outputs, with rowOfEach moved as far towards the inputs as the readers of each value allow. */
export function narrow(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const order = nodesInOrder(Object.values(outputs));
  const demands = findDemands(order, Object.values(outputs));
  const whole = new Map<Tensor, Tensor>();
  const rows = new Map<Tensor, Tensor>();
  for (const node of order) {
    const demand = demands.get(node);
    if (node.op === rowOfEachOp && demands.get(node.inputs[0]!.node) !== "all") {
      whole.set(node.outputs[0]!, rows.get(node.inputs[0]!)!);
    } else if (demand === "all" || demand === undefined) {
      const inputs = node.inputs.map((x) => whole.get(x)!);
      const same = inputs.every((x, i) => x === node.inputs[i]);
      const made = same ? node.outputs : applyAll(node.op, inputs, node.attributes);
      for (const [i, y] of node.outputs.entries()) whole.set(y, made[i]!);
    } else {
      const made = narrowed(node, demand, whole, rows);
      for (const [i, y] of node.outputs.entries()) rows.set(y, made[i]!);
    }
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, whole.get(tensor)!]));
}

/** From the outputs back: a node's demand is what its readers agree on, and "all" where they do not. */
function findDemands(order: readonly Node[], outputs: readonly Tensor[]): Map<Node, Demand> {
  const demands = new Map<Node, Demand>(outputs.map((t) => [t.node, "all"]));
  const ask = (node: Node, wanted: Demand) => {
    const before = demands.get(node);
    const agree = before === undefined || (before !== "all" && wanted !== "all" && sameRows(before, wanted));
    demands.set(node, agree ? wanted : "all");
  };
  for (const node of [...order].reverse()) {
    const demand = demands.get(node)!;
    for (const [i, x] of node.inputs.entries()) {
      if (node.op === rowOfEachOp && i === 0 && carriesRows(x)) {
        ask(x.node, { index: node.inputs[1]!, position: node.attributes.position as number });
      } else {
        ask(x.node, demand !== "all" && passesRows(node.op, i) && carriesRows(x) ? demand : "all");
      }
    }
  }
  // Inputs are there already: choosing among their rows happens where they are read.
  return demands;
}

const sameRows = (a: Exclude<Demand, "all">, b: Exclude<Demand, "all">) =>
  a.index === b.index && a.position === b.position;

const headOps: ReadonlySet<AnyOp> = new Set([toHeadsOp, fromHeadsOp]);
const passesRows = (op: AnyOp, operand: number) =>
  op.rowOperands?.includes(operand) || (headOps.has(op) && operand === 0);

const isPadded = (x: Tensor) => x.shape.length === 4 && x.shape[2] === "length";
const carriesRows = (x: Tensor) => x.shape[0] === "tokens" || isPadded(x);

/** The node's outputs for the demanded rows: [batch, …] for [tokens, …], [batch, heads, 1, …] for the padded view. */
function narrowed(
  node: Node,
  { index, position }: Exclude<Demand, "all">,
  whole: ReadonlyMap<Tensor, Tensor>,
  rows: ReadonlyMap<Tensor, Tensor>,
): readonly Tensor[] {
  const [y] = node.outputs as [Tensor];
  const passing = node.inputs.map((x, i) => passesRows(node.op, i) && carriesRows(x));
  if (!passing.includes(true)) {
    const made =
      node.inputs.every((x) => whole.has(x)) && node.inputs.length > 0
        ? applyAll(
            node.op,
            node.inputs.map((x) => whole.get(x)!),
            node.attributes,
          )
        : node.outputs;
    return made.map((t) => (isPadded(t) ? slice(t, 2, position, position + 1) : rowOfEach(t, index, position)));
  }
  const operands = node.inputs.map((x, i) =>
    passing[i] ? (rows.get(x) ?? pick(whole.get(x)!, index, position)) : whole.get(x)!,
  );
  if (node.op === toHeadsOp) {
    const [, heads, , dim] = y.shape;
    return [reshape(operands[0]!, ["batch", heads!, 1, dim!])];
  }
  if (node.op === fromHeadsOp) return [reshape(operands[0]!, ["batch", y.shape[1]!])];
  return applyAll(node.op, operands, node.attributes);
}

const pick = (x: Tensor, index: Tensor, position: number): Tensor =>
  isPadded(x) ? slice(x, 2, position, position + 1) : rowOfEach(x, index, position);
