/**
 * Computes only the rows that are read. A classifier that looks at one token of each text needs the last layer for that
 * token only, a language model that guesses some tokens needs it for those; this pass finds such places from the program
 * alone. What is computed keeps its value, to the bit.
 */
import { fromHeadsOp, gatherRows, gatherRowsOp, rowOfEach, rowOfEachOp, toHeadsOp } from "./ops/indexing.ts";
import { reshape, reshapeOp, slice } from "./ops/shape.ts";
import { nodesInOrder } from "./order.ts";
import { type AnyOp, applyAll, type Node, type Tensor } from "./tensor.ts";

/** The names of the axes that run over tokens: `tokens` of packed values, [`batch`, …, `length`, …] of the padded view. */
export interface RowAxes {
  readonly tokens: string;
  readonly batch: string;
  readonly length: string;
}

/** Some rows of the packed tokens: one of each text, at `position` in it, or any that `index` names. */
interface Rows {
  readonly index: Tensor;
  readonly position?: number;
}

/** Which rows of a node's output are read. */
type Demand = Rows | "all";

/** The same outputs, with rowOfEach and gatherRows moved as far towards the inputs as the readers of each value allow. */
export function pruneRows(outputs: Readonly<Record<string, Tensor>>, axes: RowAxes): Record<string, Tensor> {
  const order = nodesInOrder(Object.values(outputs));
  const demands = findDemands(order, Object.values(outputs), axes);
  const whole = new Map<Tensor, Tensor>();
  const pruned = new Map<Tensor, Tensor>();
  const pick = picker(axes);
  const apply = (node: Node, inputs: readonly Tensor[]): readonly Tensor[] =>
    inputs.every((x, i) => x === node.inputs[i]) ? node.outputs : applyAll(node.op, inputs, node.attributes);

  for (const node of order) {
    const demand = demands.get(node)!;
    const asked = rowsAskedFor(node, axes);
    if (asked && demands.get(node.inputs[0]!.node) !== "all") {
      whole.set(node.outputs[0]!, pruned.get(node.inputs[0]!)!);
      continue;
    }
    const passing = demand === "all" ? [] : rowOperandsOf(node, demand, axes);
    const inputs = node.inputs.map((x, i) => {
      if (!passing.includes(i)) return whole.get(x)!;
      return pruned.get(x) ?? pick(whole.get(x)!, demand as Rows);
    });
    const results = passing.length > 0 ? applyToRows(node, inputs, demand as Rows, axes) : apply(node, inputs);
    for (const [i, y] of node.outputs.entries()) {
      if (demand === "all") whole.set(y, results[i]!);
      else pruned.set(y, passing.length > 0 ? results[i]! : pick(results[i]!, demand));
    }
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, whole.get(tensor)!]));
}

/** From the outputs back: a node's demand is what its readers agree on, and "all" where they do not. */
function findDemands(order: readonly Node[], outputs: readonly Tensor[], axes: RowAxes): Map<Node, Demand> {
  const demands = new Map<Node, Demand>(outputs.map((t) => [t.node, "all"]));
  const ask = (node: Node, wanted: Demand) => {
    const before = demands.get(node) ?? wanted;
    const agree = before !== "all" && wanted !== "all" && sameRows(before, wanted);
    demands.set(node, agree ? wanted : "all");
  };
  for (const node of [...order].reverse()) {
    const demand = demands.get(node)!;
    const asked = rowsAskedFor(node, axes);
    const passing = demand === "all" ? [] : rowOperandsOf(node, demand, axes);
    for (const [i, x] of node.inputs.entries())
      ask(x.node, asked && i === 0 ? asked : passing.includes(i) ? demand : "all");
  }
  return demands;
}

const sameRows = (a: Rows, b: Rows) => a.index === b.index && a.position === b.position;

/** The rows that a rowOfEach or gatherRows over packed tokens chooses. */
function rowsAskedFor({ op, inputs, attributes }: Node, axes: RowAxes): Rows | undefined {
  if ((op !== rowOfEachOp && op !== gatherRowsOp) || rowAxis(inputs[0]!, axes) !== 0) return undefined;
  if (inputs[1]!.shape.length !== 1) return undefined;
  return { index: inputs[1]!, ...(op === rowOfEachOp && { position: attributes.position as number }) };
}

/** The axis along which a value has one row for each token: the first of [tokens, …], the third of the padded view. */
function rowAxis({ shape }: Tensor, { tokens, length }: RowAxes): number | undefined {
  if (shape[0] === tokens) return 0;
  return shape.length === 4 && shape[2] === length ? 2 : undefined;
}

const headOps: ReadonlySet<AnyOp> = new Set([toHeadsOp, fromHeadsOp]);

/** Operands of which the same rows suffice to compute some rows of the output; none where that is not enough. */
function rowOperandsOf(
  { op, inputs, outputs: [y], attributes }: Node,
  { position }: Rows,
  axes: RowAxes,
): readonly number[] {
  const axis = rowAxis(y!, axes);
  if (axis === undefined) return [];
  // Rows that are not one of each text have no place in the padded view.
  if (position === undefined && (headOps.has(op) || op.atPosition)) return [];
  if (headOps.has(op)) return [0];
  // What a row holds may be ordered anew; what a place of the padded view holds is left as it is.
  if (op === reshapeOp) return axis === 0 && rowAxis(inputs[0]!, axes) === 0 ? [0] : [];
  const rank = y!.shape.length;
  const operands = op.rowOperands?.(axis, rank, { attributes, count: inputs.length }) ?? [];
  const carrying = operands.filter((i) => rowAxis(inputs[i]!, axes) !== undefined);
  // An operand without such rows must be the same for all of them.
  const isShared = (i: number) => {
    const at = axis - rank + inputs[i]!.shape.length;
    return at < 0 || inputs[i]!.shape[at] === 1;
  };
  return operands.every((i) => carrying.includes(i) || isShared(i)) ? carrying : [];
}

/** The node's outputs for one row of each text: [batch, …] for [tokens, …], [batch, heads, 1, …] for the padded view. */
function applyToRows(
  { op, attributes, outputs: [y] }: Node,
  inputs: readonly Tensor[],
  { position }: Rows,
  { batch }: RowAxes,
): readonly Tensor[] {
  if (op === toHeadsOp) return [reshape(inputs[0]!, [batch, y!.shape[1]!, 1, y!.shape[3]!])];
  if (op === reshapeOp) return [reshape(inputs[0]!, [inputs[0]!.shape[0]!, ...y!.shape.slice(1)])];
  if (op === fromHeadsOp) return [reshape(inputs[0]!, [batch, y!.shape[1]!])];
  return applyAll(op, inputs, op.atPosition ? op.atPosition(attributes, position!) : attributes);
}

/** Chooses rows of whole values, each choice once: its gradient is then scattered once. */
function picker(axes: RowAxes): (x: Tensor, rows: Rows) => Tensor {
  const known = new Map<Tensor, { rows: Rows; chosen: Tensor }[]>();
  return (x, rows) => {
    const before = known.get(x) ?? [];
    const same = before.find((choice) => sameRows(choice.rows, rows));
    if (same) return same.chosen;
    const { index, position } = rows;
    const chosen =
      position === undefined
        ? gatherRows(x, index)
        : rowAxis(x, axes) === 2
          ? slice(x, 2, position, position + 1)
          : rowOfEach(x, index, position);
    known.set(x, [...before, { rows, chosen }]);
    return chosen;
  };
}
