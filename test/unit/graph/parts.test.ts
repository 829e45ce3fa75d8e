import { expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { gelu, linear } from "../../../src/graph/nn.ts";
import { input, inputName } from "../../../src/graph/ops/leaf.ts";
import { sum } from "../../../src/graph/ops/reduce.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { inParts } from "../../../src/graph/parts.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";

/** Four layers, their loss, and the gradient of what they read. */
function program() {
  const x = input("x", "float32", ["tokens", 4]);
  let y = x;
  for (let layer = 0; layer < 4; layer++) y = gelu(linear(y, input(`w${layer}`, "float32", [4, 4])));
  const loss = sum(y, [0, 1]);
  return simplify({ loss, dx: gradients(loss, [x])[0]! });
}

test("parts one after the other give what the whole gives, and none reads more weights than it may", () => {
  const outputs = program();
  const values: Record<string, ReturnType<typeof ndarray>> = {
    x: ndarray([3, 4], (i) => Math.sin(i)),
    ...Object.fromEntries([0, 1, 2, 3].map((w) => [`w${w}`, ndarray([4, 4], (i) => Math.cos(i * 7 + w))])),
  };
  const expected = evaluate(Object.values(outputs), values, { tokens: 3 });
  const weights = (name: string) => (name.startsWith("w") ? 16 : 0);
  const parts = inParts(outputs, weights, 32);
  expect(parts.length).toBeGreaterThanOrEqual(3);
  for (const part of parts) {
    const read = nodesInOrder(Object.values(part)).flatMap(({ outputs: [y] }) => inputName(y!) ?? []);
    expect(read.filter((name) => weights(name) > 0).length).toBeLessThanOrEqual(2);
    const found = evaluate(Object.values(part), values, { tokens: 3 });
    for (const [i, name] of Object.keys(part).entries()) values[name] = found[i]!;
  }
  expect([values.loss, values.dx]).toEqual(expected);
});

test("what fits is one part", () => {
  expect(inParts(program(), () => 1, 100)).toHaveLength(1);
});
