/** What a program in 8 bits keeps of GELU for its backward pass, as bytes: the slope, instead of what it is computed from. */
import { erfGateKept, fromBytes, SLOPE } from "./ops/bytes.ts";
import { erfGateOp, erfGateSlopeOp } from "./ops/elementwise.ts";
import { constant } from "./ops/leaf.ts";
import { nodesInOrder } from "./order.ts";
import { replaceNodes } from "./replace-nodes.ts";
import type { Node, Tensor } from "./tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** The same outputs, with GELU's slope in steps of 0.01 wherever what goes into GELU is read by nothing else. */
export function keptInBytes(outputs: Outputs): Record<string, Tensor> {
  const gates = gatesToKeep(outputs);
  const kept = new Map<Tensor, readonly [Tensor, Tensor]>();
  return replaceNodes(outputs, ({ op, inputs: [u] }, { inputs: [before] }) => {
    if ((op !== erfGateOp && op !== erfGateSlopeOp) || !gates.has(before!)) return undefined;
    if (!kept.has(before!)) kept.set(before!, erfGateKept(u!));
    const [y, bytes] = kept.get(before!)!;
    return op === erfGateOp ? y : fromBytes(bytes, constant(SLOPE.factor), SLOPE.zero);
  });
}

/** What goes into each GELU whose value is read once at most beside its slope: a value that is made again needs it, too. */
function gatesToKeep(outputs: Outputs): Set<Tensor> {
  const nodes = nodesInOrder(Object.values(outputs));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const readers = new Map<Tensor, Node[]>();
  for (const node of nodes) for (const x of new Set(node.inputs)) readers.set(x, [...(readers.get(x) ?? []), node]);
  const slopes = nodes.filter(({ op }) => op === erfGateSlopeOp).map(({ inputs: [u] }) => u!);
  return new Set(
    slopes.filter((u) => {
      const own = readers.get(u)!.filter(({ op }) => op !== erfGateSlopeOp);
      return own.every(({ op }) => op === erfGateOp) && own.filter(({ outputs: [y] }) => read.has(y!)).length === 1;
    }),
  );
}
