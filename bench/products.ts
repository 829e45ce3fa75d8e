/**
 * The bound of a step: a program's matrix products and nothing else, on the same engine; those in 8 bits with the rounding that
 * they begin with. Weights are the model's own and
 * weight gradients go to their own place, as in the step; what lies between is read from one array for each shape, under names
 * of their own, as the engine would do two products with the same operands (shared layers, attention) only once; and of what
 * comes out only a corner leaves the engine, which copies what leaves it.
 */
import type { Engine, Executable } from "../src/engine/engine.ts";
import type { EngineTensors } from "../src/engine/engine-tensors.ts";
import { evaluateDim, evaluateShape, productOf } from "../src/graph/dim.ts";
import { int8ProductOp } from "../src/graph/ops/int8-product.ts";
import { input, inputName } from "../src/graph/ops/leaf.ts";
import { affineOp, matMulOp, productOp } from "../src/graph/ops/linalg.ts";
import { slice } from "../src/graph/ops/shape.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import { type AnyOp, applyAll, type HostTensor, type Node, type Tensor } from "../src/graph/tensor.ts";

type Outputs = Readonly<Record<string, Tensor>>;

const PRODUCTS: ReadonlySet<AnyOp> = new Set<AnyOp>([productOp, affineOp, matMulOp, int8ProductOp]);

export interface Products {
  readonly count: number;
  readonly executable: Executable;
  /** Floating-point operations of the last run. */
  operations(): number;
}

export async function compileProducts(engine: Engine, program: Outputs): Promise<Products> {
  const order = nodesInOrder(Object.values(program));
  const given = new Map(
    order.flatMap(({ outputs: [y] }) => (inputName(y!) === undefined ? [] : [[inputName(y!)!, y!]])),
  );
  const products = order.filter(({ op }) => PRODUCTS.has(op));
  const between = new Map<string, Tensor>();
  const operandsOf = (node: Node, product: number): Tensor[] =>
    node.inputs.map((x, place) => {
      if (inputName(x) !== undefined) return x;
      const name = `between:${product}:${place}`;
      between.set(name, input(name, x.dtype, x.shape));
      return between.get(name)!;
    });
  const outputs: Record<string, Tensor> = {};
  const targets = new Map<string, string>();
  for (const [i, node] of products.entries()) {
    const y = applyAll(node.op, operandsOf(node, i), node.attributes)[0]!;
    const target = Object.keys(program).find((name) => program[name] === node.outputs[0]);
    outputs[`product:${i}`] = target === undefined ? cornerOf(y) : y;
    if (target !== undefined) targets.set(`product:${i}`, target);
  }
  const alone = await engine.compile(outputs);
  const costs = products.map(costOf);
  const arrays = new Map<string, Float32Array>();
  let operations = 0;
  const scratch = (place: string, tensor: Tensor, sizes: Sizes): HostTensor => {
    const name = `${place}:${tensor.shape}`;
    const dims = evaluateShape(tensor.shape, sizes);
    const length = dims.reduce((a, b) => a * b, 1);
    if ((arrays.get(name)?.length ?? 0) < length)
      arrays.set(
        name,
        Float32Array.from({ length }, (_, i) => ((i * 37) % 101) / 1000),
      );
    return { dtype: "float32", dims, data: arrays.get(name)!.subarray(0, length) };
  };
  return {
    count: products.length,
    operations: () => operations,
    executable: {
      run: async (inputs, results) => {
        const sizes = sizesOf(given, inputs);
        operations = costs.reduce<number>((sum, cost) => sum + evaluateDim(cost, sizes), 0);
        const operands = [...between].map(([name, tensor]) => [name, scratch(name.split(":").at(-1)!, tensor, sizes)]);
        const places = Object.entries(outputs).map(([name, tensor]) => [
          name,
          results[targets.get(name) ?? ""] ?? scratch("out", tensor, sizes),
        ]);
        await alone.run({ ...inputs, ...Object.fromEntries(operands) }, Object.fromEntries(places));
      },
      dispose: () => alone.dispose(),
    },
  };
}

/** Its first element, in as many axes. */
const cornerOf = (x: Tensor): Tensor => x.shape.reduce<Tensor>((part, _, axis) => slice(part, axis, 0, 1), x);

export type Sizes = Readonly<Record<string, number>>;

/** The value of each symbol that stands by itself in the shape of an input. */
export function sizesOf(given: ReadonlyMap<string, Tensor>, inputs: EngineTensors): Sizes {
  const sizes: Record<string, number> = {};
  for (const [name, { shape }] of given)
    for (const [axis, dim] of shape.entries())
      if (typeof dim === "string" && /^\w+$/.test(dim) && inputs[name]) sizes[dim] = inputs[name].dims[axis]!;
  return sizes;
}

/** Floating-point operations of a product. */
export const operationsOf = (node: Node, sizes: Sizes): number => evaluateDim(costOf(node), sizes);

/** 2 m n k. */
function costOf({ op, inputs: [a], outputs: [y], attributes }: Node) {
  const inner = op === matMulOp ? a!.shape.at(-1)! : a!.shape[attributes.transA ? 0 : 1]!;
  return productOf([2, ...y!.shape, inner]);
}
