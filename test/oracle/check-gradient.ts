/** Compares gradients with central finite differences of the float64 evaluator. */
import { gradients } from "../../src/graph/gradients.ts";
import { mul } from "../../src/graph/ops/elementwise.ts";
import { input } from "../../src/graph/ops/leaf.ts";
import { sum } from "../../src/graph/ops/reduce.ts";
import { nodesInOrder } from "../../src/graph/order.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { type NdArray, ndarray } from "./array.ts";
import { evaluate } from "./evaluate.ts";

/**
 * The largest relative error of d(Σ w·y)/dx over all elements of all `wanted` inputs, for fixed random weights w. Each
 * derivative is extrapolated from two step widths (Richardson), which leaves an error far below 1e-6. What gradients do not
 * pass (stopGradient) keeps its value when an element is moved. Of many elements, `every` so many-th is enough: a number
 * that has no factor in common with the width of rows reaches all columns.
 */
export function gradientError(
  y: Tensor,
  wanted: readonly Tensor[],
  values: Readonly<Record<string, NdArray>>,
  sizes: Readonly<Record<string, number>> = {},
  every = 1,
): number {
  const weights = input("check:weights", "float32", y.shape);
  const [shape] = evaluate([y], values, sizes).map((v) => v.shape);
  const fed = { ...values, "check:weights": ndarray(shape!, (i) => Math.sin(i * 1.7 + 0.3) + 0.1) };
  const loss = sum(
    mul(y, weights),
    y.shape.map((_, axis) => axis),
  );
  const found = evaluate(gradients(loss, wanted), fed, sizes);
  const stops = nodesInOrder([loss]).flatMap(({ op, outputs: [t] }) => (op.name === "stopGradient" ? [t!] : []));
  const stopped = evaluate(stops, fed, sizes);
  const held = new Map(stops.map((t, i) => [t, stopped[i]!]));
  let worst = 0;
  for (const [i, x] of wanted.entries()) {
    const name = x.node.attributes.name as string;
    const value = values[name]!;
    for (let at = i % Math.min(every, value.data.length); at < value.data.length; at += every) {
      const lossAt = (delta: number) => {
        const moved = Float64Array.from(value.data);
        moved[at]! += delta;
        return evaluate([loss], { ...fed, [name]: ndarray(value.shape, moved) }, sizes, held)[0]!.data[0]!;
      };
      const slope = (h: number) => (lossAt(h) - lossAt(-h)) / (2 * h);
      const expected = (4 * slope(5e-4) - slope(1e-3)) / 3;
      const actual = found[i]!.data[at]!;
      worst = Math.max(worst, Math.abs(actual - expected) / Math.max(1, Math.abs(expected)));
    }
  }
  return worst;
}
