/**
 * Cuts a program into parts that are computed one after the other, so that no more of its weights are needed at a time than
 * there is room for.
 */
import { input, inputName } from "./ops/leaf.ts";
import { nodesInOrder } from "./order.ts";
import { applyAll, type Node, type Tensor } from "./tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Programs that together compute `outputs`: each reads inputs of the whole and outputs of those before it, which have names of
 * their own. The inputs that one part reads take `limit` at most by `sizeOf`, unless one node alone needs more.
 */
export function inParts(outputs: Outputs, sizeOf: (input: string) => number, limit: number): Outputs[] {
  const order = nodesInOrder(Object.values(outputs)).filter(({ inputs }) => inputs.length > 0);
  const partOf = assign(order, sizeOf, limit);
  const later = new Set<Tensor>();
  for (const node of order)
    for (const x of node.inputs) if (partOf.has(x.node) && partOf.get(x.node) !== partOf.get(node)) later.add(x);
  const nameOf = new Map([...later].map((tensor, i) => [tensor, `between parts:${i}`]));

  const parts: Record<string, Tensor>[] = [];
  let rebuilt = new Map<Tensor, Tensor>();
  for (const node of order) {
    const part = partOf.get(node)!;
    if (!parts[part]) {
      parts[part] = {};
      rebuilt = new Map();
    }
    const resolve = (x: Tensor): Tensor => {
      if (!rebuilt.has(x) && partOf.has(x.node)) rebuilt.set(x, input(nameOf.get(x)!, x.dtype, x.shape));
      return rebuilt.get(x) ?? x;
    };
    const made = applyAll(node.op, node.inputs.map(resolve), node.attributes);
    for (const [i, y] of node.outputs.entries()) {
      rebuilt.set(y, made[i]!);
      if (nameOf.has(y)) parts[part][nameOf.get(y)!] = made[i]!;
      for (const [name, tensor] of Object.entries(outputs)) if (tensor === y) parts[part][name] = made[i]!;
    }
  }
  return parts;
}

/** The part of each node: the same as that of the node before it, while there is room for what it reads. */
function assign(order: readonly Node[], sizeOf: (input: string) => number, limit: number): Map<Node, number> {
  const partOf = new Map<Node, number>();
  let part = 0;
  let read = new Map<string, number>();
  for (const node of order) {
    const own = node.inputs.flatMap((x) => inputName(x) ?? []);
    const sizes = new Map([...read, ...own.map((name) => [name, sizeOf(name)] as const)]);
    const needed = [...sizes.values()].reduce((a, b) => a + b, 0);
    if (read.size > 0 && needed > limit) {
      part++;
      read = new Map();
    }
    for (const name of own) if (sizeOf(name) > 0) read.set(name, sizeOf(name));
    partOf.set(node, part);
  }
  return partOf;
}
