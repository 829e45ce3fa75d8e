/** Parameters that are parts of a checkpoint's tensors, or have other axes there: read and written back. */
import { expect, test } from "vitest";
import type { Parameter } from "../../../src/models/encoder.ts";
import { readStored, type StoredForm, storedTensors } from "../../../src/models/stored-form.ts";

/** [2, 3, 2]: 0 to 11. */
const tensor = Float32Array.from({ length: 12 }, (_, i) => i);
const whole = [2, 3, 2];

function parameter(name: string, shape: readonly number[], stored?: StoredForm): Parameter {
  return { name, shape, kind: "weight", part: "encoder", ...(stored && { stored }) };
}

function valuesOf(own: Parameter): number[] {
  const into = new Float32Array(own.shape.reduce((a, b) => a * b, 1));
  readStored(own, into, (read) => read.set(tensor));
  return [...into];
}

test.each<[string, Parameter, number[]]>([
  ["as it is", parameter("a", whole), [...tensor]],
  [
    "transposed",
    parameter("a", [2, 2, 3], { shape: whole, transposed: [2, 0, 1] }),
    [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11],
  ],
  ["a part", parameter("a", [2, 2, 2], { shape: whole, part: { axis: 1, start: 1 } }), [2, 3, 4, 5, 8, 9, 10, 11]],
  [
    "a part, transposed",
    parameter("a", [2, 1, 2], { shape: whole, part: { axis: 1, start: 2 }, transposed: [2, 1, 0] }),
    [4, 10, 5, 11],
  ],
])("%s", (_, own, expected) => {
  expect(valuesOf(own)).toEqual(expected);
});

test("parts make a whole again, beside what stands alone", () => {
  const parts = [
    parameter("first", [1, 2, 2], {
      tensor: "fused",
      shape: whole,
      part: { axis: 1, start: 0 },
      transposed: [1, 0, 2],
    }),
    parameter("alone", whole),
    parameter("rest", [2, 2, 2], { tensor: "fused", shape: whole, part: { axis: 1, start: 1 } }),
  ];
  const values = Object.fromEntries(parts.map((own) => [own.name, Float32Array.from(valuesOf(own))]));
  const written = storedTensors(parts, (name) => values[name]!);
  expect(written.map(({ name }) => name)).toEqual(["fused", "alone"]);
  for (const { shape, data } of written) {
    expect(shape).toEqual(whole);
    expect([...data]).toEqual([...tensor]);
  }
});
