import { describe, expect, test } from "vitest";
import { ops } from "../../../src/graph/ops/all-ops.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { gradientError } from "../../oracle/check-gradient.ts";
import { evaluate, evaluated } from "../../oracle/evaluate.ts";
import { runOnnx } from "../../oracle/run-onnx.ts";
import { opCases, withGradients } from "./op-cases.ts";

describe.each(opCases.map((c) => [c.name, c] as const))("%s", (_, c) => {
  test.runIf(c.wanted.length > 0)("gradient equals finite differences", () => {
    expect(gradientError(c.y, c.wanted, c.values, c.sizes)).toBeLessThan(1e-6);
  });

  test("ONNX Runtime computes what the evaluator computes", async () => {
    const outputs = withGradients(c);
    const expected = evaluate(outputs, c.values, c.sizes);
    const actual = await runOnnx(outputs, c.values, c.sizes);
    for (const [i, { data }] of expected.entries())
      for (const [at, value] of data.entries())
        expect(Math.abs(actual[i]!.data[at]! - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)) * 4);
  });

  test("simplifying changes nothing", () => {
    const outputs = withGradients(c);
    const simple = simplify(Object.fromEntries(outputs.map((t, i) => [i, t])));
    const expected = evaluate(outputs, c.values, c.sizes);
    for (const [i, { data }] of evaluate(Object.values(simple), c.values, c.sizes).entries())
      for (const [at, value] of data.entries()) expect(value).toBeCloseTo(expected[i]!.data[at]!, 12);
  });
});

test("every op is evaluated, and appears in a case", () => {
  const used = new Set(opCases.flatMap((c) => nodesInOrder(withGradients(c)).map((node) => node.op.name)));
  const computed = ops.map((op) => op.name).filter((name) => name !== "input");
  expect(computed.filter((name) => !evaluated.has(name))).toEqual([]);
  expect(computed.filter((name) => !used.has(name))).toEqual([]);
});

test("every op with a derivative is differentiated in a case", () => {
  const differentiated = new Set(
    opCases.filter((c) => c.wanted.length > 0).flatMap((c) => nodesInOrder([c.y]).map((node) => node.op.name)),
  );
  const differentiable = ops.filter((op) => op.grad !== "none").map((op) => op.name);
  expect(differentiable.filter((name) => !differentiated.has(name))).toEqual([]);
});
