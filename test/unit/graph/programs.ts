/** What tests of whole programs share: looking into one, feeding it, and comparing what two compute. */
import { expect } from "vitest";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import type { Node, Tensor } from "../../../src/graph/tensor.ts";
import { type NdArray, ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";

export type Outputs = Readonly<Record<string, Tensor>>;
export type Values = Readonly<Record<string, NdArray>>;
export type Sizes = Readonly<Record<string, number>>;

/** The nodes of a program that apply the op of that name. */
export function nodesOf(outputs: Outputs, op: string): Node[] {
  return nodesInOrder(Object.values(outputs)).filter((node) => node.op.name === op);
}

/** How many nodes there are of each op that computes something. */
export function opCounts(outputs: Outputs): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of nodesInOrder(Object.values(outputs)))
    if (op.name !== "input" && op.name !== "constant") counts[op.name] = (counts[op.name] ?? 0) + 1;
  return counts;
}

/** Names of the inputs that a program reads. */
export const inputsOf = (outputs: Outputs): string[] =>
  nodesInOrder(Object.values(outputs)).flatMap((node) => inputName(node.outputs[0]!) ?? []);

/** Values without a pattern, between -1 and 1, different for every phase. */
export const noise = (dims: readonly number[], phase = 0): NdArray =>
  ndarray(dims, (i) => Math.sin(12.9898 * (i + 1) + 78.233 * phase));

/** Evaluates both in float64 and expects the same outputs with the same values, to a relative `tolerance` (0: exactly). */
export function expectSameValues(
  actual: Outputs,
  expected: Outputs,
  values: Values,
  sizes: Sizes = {},
  tolerance = 0,
): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  const wanted = evaluate(Object.values(expected), values, sizes);
  const found = evaluate(Object.values(actual), values, sizes);
  for (const [i, name] of Object.keys(expected).entries()) {
    expect(found[i]!.shape, name).toEqual(wanted[i]!.shape);
    const scale = Math.max(1, ...wanted[i]!.data.map(Math.abs));
    const worst = wanted[i]!.data.reduce((top, v, at) => Math.max(top, Math.abs(v - found[i]!.data[at]!)), 0);
    expect(worst, name).toBeLessThanOrEqual(tolerance * scale);
  }
}
