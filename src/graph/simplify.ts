/**
 * Rewrites a program into an equal one with less work: equal nodes become one, moves cancel, and multiplications by a
 * number disappear into the matrix products next to them.
 */
import { type Dim, type Shape, sameShape } from "./dim.ts";
import { scale } from "./ops/elementwise.ts";
import { type AffineAttributes, affine, matMul, type ProductAttributes, product, swapLast } from "./ops/linalg.ts";
import { sum } from "./ops/reduce.ts";
import { concat, reshape, reshapeOp, type SliceAttributes, transpose } from "./ops/shape.ts";
import { nodesInOrder } from "./order.ts";
import { applyAll, type Node, type Tensor } from "./tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** A cheaper tensor equal to the node's output, or undefined. `usedOnce` tells whether input i has no other reader. */
type Shorten = (node: Node, usedOnce: (input: number) => boolean) => Tensor | undefined;

/** The same outputs under the same names, computed with fewer nodes. */
export function simplify(outputs: Outputs): Outputs {
  // Factors are folded only when nothing more cancels and equal nodes have become one: before that, a product with two
  // readers can look like two products with one.
  return settle(outputs, (current) =>
    rewrite(
      settle(current, (inner) => rewrite(inner, cancel)),
      fold,
    ),
  );
}

/** Repeats a pass, as each round can open the way for the next; encoders settle after three or four. */
function settle(outputs: Outputs, pass: (outputs: Outputs) => Outputs): Outputs {
  let current = outputs;
  for (let round = 0; round < 20; round++) {
    const next = pass(current);
    if (Object.keys(current).every((name) => next[name] === current[name])) break;
    current = next;
  }
  return current;
}

function rewrite(outputs: Outputs, shorten: Shorten): Outputs {
  const order = nodesInOrder(Object.values(outputs));
  const uses = countUses(order, Object.values(outputs));
  const known = new Map<string, Node>();
  const ids = new Map<Node, number>();
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (x: Tensor): Tensor => replaced.get(x) ?? x;

  const unique = (node: Node): Node => {
    const operands = node.inputs.map((x) => `${idOf(x.node)}.${x.index}`).join(",");
    const key = `${node.op.name}(${operands})${JSON.stringify(node.attributes, writeNumber)}`;
    const same = known.get(key);
    if (same) return same;
    known.set(key, node);
    return node;
  };
  const idOf = (node: Node): number => {
    if (!ids.has(node)) ids.set(node, ids.size);
    return ids.get(node)!;
  };

  for (const node of order) {
    const inputs = node.inputs.map(resolve);
    const changed = inputs.some((x, i) => x !== node.inputs[i]);
    const rebuilt = unique(changed ? applyAll(node.op, inputs, node.attributes)[0]!.node : node);
    for (const [i, y] of node.outputs.entries()) replaced.set(y, rebuilt.outputs[i]!);
    const once = (x: Tensor) => uses.get(x) === 1;
    const shorter = shorten(rebuilt, (i) => once(node.inputs[i]!));
    if (shorter) replaced.set(node.outputs[0]!, shorter);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, resolve(tensor)]));
}

/** Numbers for arrays, which are told apart by what they are: writing out a table of half a million numbers takes seconds. */
const arrayIds = new WeakMap<object, number>();
let arrayCount = 0;
function idOfArray(values: object): string {
  if (!arrayIds.has(values)) arrayIds.set(values, arrayCount++);
  return `array ${arrayIds.get(values)}`;
}

/** JSON has no infinities, no NaN and no -0. */
const writeNumber = (_: string, value: unknown): unknown =>
  ArrayBuffer.isView(value)
    ? idOfArray(value)
    : typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
      ? `${Math.sign(1 / value)}·${value}`
      : value;

function countUses(order: readonly Node[], outputs: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const x of [...order.flatMap((node) => node.inputs), ...outputs]) uses.set(x, (uses.get(x) ?? 0) + 1);
  return uses;
}

/** What does nothing, or undoes what was done. */
function cancel(node: Node): Tensor | undefined {
  const [x] = node.inputs;
  switch (node.op.name) {
    case "transpose": {
      const perm = node.attributes.perm as readonly number[];
      if (perm.every((axis, i) => axis === i)) return x;
      if (x!.node.op.name !== "transpose") return undefined;
      const inner = x!.node.attributes.perm as readonly number[];
      return transpose(
        x!.node.inputs[0]!,
        perm.map((axis) => inner[axis]!),
      );
    }
    case "reshape":
      if (sameShape(x!.shape, node.outputs[0]!.shape)) return x;
      return x!.node.op.name === "reshape" ? joinedReshape(x!.node.inputs[0]!, node.outputs[0]!.shape) : undefined;
    case "mul":
      return isOne(node.inputs[0]!) && sameShape(node.inputs[1]!.shape, node.outputs[0]!.shape)
        ? node.inputs[1]
        : isOne(node.inputs[1]!) && sameShape(x!.shape, node.outputs[0]!.shape)
          ? x
          : undefined;
    case "scale":
      if (factorOf(node.outputs[0]!) === 1) return x;
      return x!.node.op.name === "scale"
        ? scale(x!.node.inputs[0]!, factorOf(x!) * factorOf(node.outputs[0]!))
        : undefined;
    case "add":
      return joinedParts(node.outputs[0]!);
    default:
      return undefined;
  }
}

/** The gradient of a value that was cut into parts: each is padded with zeros, and their sum is all of them in a row. */
function joinedParts(total: Tensor): Tensor | undefined {
  const parts: Tensor[] = [];
  const arePadded = ({ inputs }: Node): boolean =>
    inputs.every((x) =>
      x.node.op.name === "add" ? arePadded(x.node) : x.node.op.name === "unslice" && parts.push(x) > 0,
    );
  if (!arePadded(total.node) || !parts.every(({ shape }) => sameShape(shape, total.shape))) return undefined;
  const places = parts.map(({ node }) => ({ ...(node.attributes as SliceAttributes), part: node.inputs[0]! }));
  const { axis } = places[0]!;
  let reached: Dim = 0;
  for (const { axis: own, start, end } of places.sort((a, b) => a.start - b.start)) {
    if (own !== axis || start !== reached) return undefined;
    reached = end === "end" ? total.shape[axis]! : end;
  }
  if (reached !== total.shape[axis]) return undefined;
  return concat(
    places.map(({ part }) => part),
    axis,
  );
}

/** What can be taken into a matrix product, or moved to where there is less of it. */
function fold(node: Node, usedOnce: (input: number) => boolean): Tensor | undefined {
  const [x] = node.inputs;
  switch (node.op.name) {
    case "transpose":
      return x!.node.op.name === "matMul" && usedOnce(0) && swapsLast(node.outputs[0]!)
        ? transposedProduct(x!.node)
        : undefined;
    case "scale":
      return usedOnce(0) ? scaledProduct(x!.node, factorOf(node.outputs[0]!)) : undefined;
    case "sum":
      // Σ k x = k Σ x: the multiplication moves to the smaller side.
      return x!.node.op.name === "scale"
        ? scale(
            sum(x!.node.inputs[0]!, node.attributes.axes as number[], node.attributes.keepDims as boolean),
            factorOf(x!),
          )
        : undefined;
    case "product":
    case "affine":
      return takeInScales(node);
    default:
      return undefined;
  }
}

const swapsLast = ({ node }: Tensor): boolean => {
  if (node.op.name !== "transpose") return false;
  const perm = node.attributes.perm as readonly number[];
  return perm.every((axis, i) => axis === (i < perm.length - 2 ? i : 2 * perm.length - 3 - i));
};

/** (A B)ᵀ = Bᵀ Aᵀ, where a transpose of A or B cancels: engines take the one that is left into the product. */
function transposedProduct({ inputs }: Node): Tensor | undefined {
  const [a, b] = inputs as [Tensor, Tensor];
  return swapsLast(a) || swapsLast(b) ? matMul(swapLast(b), swapLast(a)) : undefined;
}

const factorOf = (x: Tensor): number => x.node.attributes.factor as number;

const isOne = (x: Tensor): boolean =>
  x.node.op.name === "constant" && x.shape.length === 0 && (x.node.attributes.values as number[])[0] === 1;

/** Two reshapes in one, where the sizes allow that. */
function joinedReshape(x: Tensor, shape: Shape): Tensor | undefined {
  return typeof reshapeOp.infer([x], { shape }) === "string" ? undefined : reshape(x, shape);
}

/** k (a · b): the factor becomes part of alpha. */
function scaledProduct({ op, inputs: [a, b, c], attributes }: Node, factor: number): Tensor | undefined {
  if (op.name === "product") {
    const inner = attributes as unknown as ProductAttributes;
    return product(a!, b!, { ...inner, alpha: inner.alpha * factor });
  }
  if (op.name === "affine") {
    const inner = attributes as unknown as AffineAttributes;
    return affine(a!, b!, c!, { ...inner, alpha: inner.alpha * factor, beta: inner.beta * factor });
  }
  return undefined;
}

/** (k a) · b: the factor becomes part of alpha. */
function takeInScales(node: Node): Tensor | undefined {
  const attributes = node.attributes as unknown as AffineAttributes;
  const [a, b, c] = node.inputs as [Tensor, Tensor, Tensor | undefined];
  const bare = (x: Tensor) => (x.node.op.name === "scale" ? x.node.inputs[0]! : x);
  if (bare(a) === a && bare(b) === b) return undefined;
  const factors = [a, b].map((x) => (bare(x) === x ? 1 : factorOf(x)));
  const alpha = attributes.alpha * factors[0]! * factors[1]!;
  return c
    ? affine(bare(a), bare(b), c, { ...attributes, alpha })
    : product(bare(a), bare(b), { ...attributes, alpha });
}
