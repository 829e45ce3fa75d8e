/**
 * What the backward pass reads of the forward pass takes memory from one to the other. Where a value is cheap to make again
 * from what is there anyway, it is made again: the same numbers, to the bit, in less memory.
 */
import { type Shape, sameShape } from "./dim.ts";
import { constantOp, inputOp } from "./ops/leaf.ts";
import { nodesInOrder } from "./order.ts";
import { type AnyOp, applyAll, type Tensor } from "./tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

const LEAVES: ReadonlySet<AnyOp> = new Set<AnyOp>([inputOp, constantOp]);

/** The same outputs, of which those that are not needed for `loss` keep less of what is. */
export function remade(outputs: Outputs, loss: Tensor): Record<string, Tensor> {
  const forward = new Set(nodesInOrder([loss]));
  const backward = nodesInOrder(Object.values(outputs)).filter((node) => !forward.has(node));
  const read = new Set(backward.flatMap(({ inputs }) => inputs).filter(({ node }) => forward.has(node)));
  const again = new Map<Tensor, Tensor>();

  /** Whether a value of the forward pass need not be kept. A by-product of another shape is small. */
  const canRemake = memoized((x: Tensor): boolean => {
    const { op, inputs, outputs: made } = x.node;
    if (!op.remake || !sameShape(x.shape, made[0]!.shape as Shape)) return false;
    return op.remake === "smaller" || inputs.every((y) => LEAVES.has(y.node.op) || read.has(y) || canRemake(y));
  });
  const remake = (x: Tensor): Tensor => {
    if (!canRemake(x)) return x;
    if (!again.has(x)) {
      const { op, inputs, attributes, outputs: made } = x.node;
      for (const [i, y] of applyAll(op, inputs.map(remake), attributes).entries()) again.set(made[i]!, y);
    }
    return again.get(x)!;
  };

  const rebuilt = new Map<Tensor, Tensor>();
  for (const node of backward) {
    const inputs = node.inputs.map((x) => rebuilt.get(x) ?? (forward.has(node) ? x : remake(x)));
    const changed = inputs.some((x, i) => x !== node.inputs[i]);
    const made = changed ? applyAll(node.op, inputs, node.attributes) : node.outputs;
    for (const [i, y] of node.outputs.entries()) rebuilt.set(y, made[i]!);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, rebuilt.get(x) ?? x]));
}

function memoized<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, find(key));
    return known.get(key)!;
  };
}
