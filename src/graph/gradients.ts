/**
 * Reverse-mode differentiation. The derivative is more program: rules give each node's input gradients, and this driver
 * does once what no rule has to do: walk only what leads to the wanted tensors, add up, and undo broadcasting.
 */
import { AttuneError } from "../base/error.ts";
import { type Shape, sameShape, shapeText } from "./dim.ts";
import { add } from "./ops/elementwise.ts";
import { constant } from "./ops/leaf.ts";
import { sum } from "./ops/reduce.ts";
import { reshape } from "./ops/shape.ts";
import { nodesInOrder } from "./order.ts";
import type { Node, Tensor } from "./tensor.ts";

/**
 * Gradients of a scalar with respect to `wanted`, in their order.
 *
 * @throws AttuneError where the loss does not depend on a wanted tensor, or only through an op without a derivative.
 */
export function gradients(loss: Tensor, wanted: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0)
    throw new AttuneError("graph/not-scalar", `a loss is a scalar, not ${shapeText(loss.shape)}`, "failure");
  const order = nodesInOrder([loss]);
  const leads = nodesLeadingTo(order, wanted);
  const gradient = new Map<Tensor, Tensor>([[loss, constant(1)]]);

  for (const node of order.reverse()) {
    const [y, ...byProducts] = node.outputs;
    if (byProducts.some((t) => gradient.has(t))) throw new Error(`${node.op.name}: a gradient reached a by-product`);
    const dy = gradient.get(y!);
    // A wanted tensor that nothing wanted lies behind is where the walk ends.
    if (!dy || !node.inputs.some((x) => leads.has(x.node))) continue;
    for (const [i, dx] of inputGradients(node, dy).entries()) {
      const x = node.inputs[i]!;
      if (!dx || !leads.has(x.node)) continue;
      const fitted = sumTo(dx, x.shape);
      const before = gradient.get(x);
      gradient.set(x, before ? add(before, fitted) : fitted);
    }
  }
  return wanted.map((x) => {
    const found = gradient.get(x);
    if (!found) throw new AttuneError("graph/no-gradient", `the loss does not depend on ${describe(x)}`, "failure");
    return found;
  });
}

/** The nodes through which a change of a wanted tensor reaches the end of `order`. */
function nodesLeadingTo(order: readonly Node[], wanted: readonly Tensor[]): Set<Node> {
  const sources = new Set(wanted);
  const leads = new Set<Node>();
  for (const node of order)
    if (node.outputs.some((t) => sources.has(t)) || node.inputs.some((x) => leads.has(x.node))) leads.add(node);
  return leads;
}

function inputGradients(node: Node, dy: Tensor): readonly (Tensor | null)[] {
  const { op, inputs: x, outputs: y, attributes } = node;
  if (op.grad === "none") throw new AttuneError("graph/no-derivative", `${op.name} has no derivative`, "failure");
  const found: readonly (Tensor | null)[] = op.grad(dy, { x, y, attributes });
  if (found.length !== x.length) throw new Error(`${op.name}: ${found.length} gradients for ${x.length} inputs`);
  return found;
}

/** Adds up a gradient over the axes along which its tensor was broadcast. */
function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const missing = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < missing || (shape[i - missing] === 1 && dim !== 1) ? [i] : []));
  const summed = axes.length > 0 ? sum(gradient, axes) : gradient;
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}

const describe = (x: Tensor): string => `${x.node.attributes.name ?? x.node.op.name} ${shapeText(x.shape)}`;
