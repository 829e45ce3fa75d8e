/** What a program in 8 bits keeps of GELU: bytes of its slope, where nothing else reads what goes into it. */
import { expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { keptInBytes } from "../../../src/graph/kept-in-bytes.ts";
import { gelu } from "../../../src/graph/nn.ts";
import { erfGateKeptOp } from "../../../src/graph/ops/bytes.ts";
import { erfGate, mul } from "../../../src/graph/ops/elementwise.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { sum } from "../../../src/graph/ops/reduce.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { remade } from "../../../src/graph/remade.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { runOnnx } from "../../oracle/run-onnx.ts";

const x = input("x", "float32", ["tokens", 4]);
const w = input("w", "float32", ["tokens", 4]);
const values = {
  x: ndarray([3, 4], (i) => 4 * Math.sin(12.9898 * (i + 1))),
  w: ndarray([3, 4], (i) => Math.sin(78.233 * (i + 1))),
};
const sizes = { tokens: 3 };

/** Loss and gradients as a training program has them. */
function programOf(loss: Tensor, wanted: readonly Tensor[]) {
  const outputs = simplify({
    loss,
    ...Object.fromEntries(gradients(loss, wanted).map((t, i) => [`gradient ${i}`, t])),
  });
  return remade(outputs, outputs.loss!);
}
const keptCount = (outputs: Readonly<Record<string, Tensor>>) =>
  nodesInOrder(Object.values(outputs)).filter(({ op }) => op === erfGateKeptOp).length;

const frozen = programOf(sum(mul(gelu(x), mul(w, w)), [0, 1]), [x]);

test("the value is the same, and the slope within half a step", async () => {
  const kept = keptInBytes(frozen);
  expect(keptCount(kept)).toBe(1);
  const [loss, gradient] = evaluate(Object.values(frozen), values, sizes);
  const [keptLoss, keptGradient] = await runOnnx(Object.values(kept), values, sizes);
  expect(Math.abs(keptLoss!.data[0]! / loss!.data[0]! - 1)).toBeLessThan(1e-6);
  // The gradient is half the slope times w².
  for (const [i, exact] of gradient!.data.entries()) {
    const error = Math.abs(keptGradient!.data[i]! - exact) / values.w.data[i]! ** 2;
    expect(error).toBeLessThan(0.0025 + 1e-6);
  }
});

test("what else reads the input or makes the value again keeps it in float32", () => {
  const readTwice = programOf(sum(mul(erfGate(x), x), [0, 1]), [x]);
  const madeAgain = programOf(sum(mul(erfGate(x), w), [0, 1]), [x, w]);
  for (const outputs of [readTwice, madeAgain]) expect(keptCount(keptInBytes(outputs))).toBe(0);
});

test("nothing is kept for an evaluation", () => {
  expect(keptCount(keptInBytes({ y: gelu(x) }))).toBe(0);
});
