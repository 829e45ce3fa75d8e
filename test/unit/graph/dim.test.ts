import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDims,
  type Dim,
  evaluateDim,
  evaluateShape,
  productOf,
  sameShape,
  shapeText,
} from "../../../src/graph/dim.ts";

const SYMBOLS = ["batch", "length", "tokens"] as const;
const sizes = fc.record({ batch: fc.nat(6), length: fc.nat(6), tokens: fc.nat(6) });

/** Sizes as programs make them: numbers and symbols, added and multiplied; small enough that no value is rounded. */
const { dim } = fc.letrec<{ dim: Dim; leaf: Dim }>((tie) => ({
  leaf: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(...SYMBOLS)),
  dim: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie("leaf"),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => productOf([a, b])),
  ),
}));

test("a sum has the sum of the values", () => {
  fc.assert(
    fc.property(dim, dim, sizes, (a, b, bound) => {
      expect(evaluateDim(addDims(a, b), bound)).toBe(evaluateDim(a, bound) + evaluateDim(b, bound));
    }),
  );
});

test("a product has the product of the values", () => {
  fc.assert(
    fc.property(fc.array(dim, { maxLength: 3 }), sizes, (dims, bound) => {
      const expected = dims.reduce((product: number, d) => product * evaluateDim(d, bound), 1);
      expect(evaluateDim(productOf(dims), bound)).toBe(expected + 0); // not -0
    }),
  );
});

describe("one spelling", () => {
  test("whatever the order of terms and factors", () => {
    fc.assert(
      fc.property(dim, dim, dim, (a, b, c) => {
        expect(addDims(a, b)).toBe(addDims(b, a));
        expect(addDims(addDims(a, b), c)).toBe(addDims(a, addDims(b, c)));
        expect(productOf([a, b, c])).toBe(productOf([c, productOf([b, a])]));
        expect(productOf([a, addDims(b, c)])).toBe(addDims(productOf([a, b]), productOf([a, c])));
      }),
    );
  });

  test("equal values everywhere, equal spelling", () => {
    // Two polynomials of this size that agree at many scattered points agree everywhere.
    const points = Array.from({ length: 90 }, (_, i) => ({
      batch: (7 * i) % 11,
      length: (i * i + 5) % 13,
      tokens: (3 * i ** 3 + i) % 17,
    }));
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        const equal = points.every((point) => evaluateDim(a, point) === evaluateDim(b, point));
        expect(a === b).toBe(equal);
      }),
      { numRuns: 500 },
    );
  });

  test("what is taken away again leaves nothing", () => {
    fc.assert(
      fc.property(dim, dim, (a, b) => {
        expect(addDims(addDims(a, b), productOf([-1, b]))).toBe(addDims(a, 0));
        expect(addDims(a, productOf([-1, a]))).toBe(0);
      }),
    );
  });

  test.each<[Dim, Dim]>([
    [addDims("length", 20), "length+20"],
    [addDims(20, "length"), "length+20"],
    [addDims("length", -1), "length+-1"],
    [addDims(addDims("length", 20), -20), "length"],
    [addDims("tokens", "batch"), "batch+tokens"],
    [addDims("tokens", "tokens"), "2*tokens"],
    [productOf(["length", "batch"]), "batch*length"],
    [productOf([2, "tokens", 3]), "6*tokens"],
    [productOf(["tokens", "tokens"]), "tokens*tokens"],
    [productOf([addDims("length", 20), "batch", 2]), "40*batch+2*batch*length"],
    [productOf(["tokens", 0]), 0],
    [productOf([]), 1],
    [productOf([3, 4]), 12],
    [addDims(3, 4), 7],
  ])("%s", (made, spelled) => expect(made).toBe(spelled));
});

test("a symbol without a value is named", () => {
  expect(() => evaluateDim("2*batch*length+1", { batch: 2 })).toThrow('no value for the size "length"');
  expect(() => evaluateShape([3, "tokens"], {})).toThrow('no value for the size "tokens"');
});

test("shapes: values, equality and text", () => {
  expect(evaluateShape([3, "tokens", "length+20"], { tokens: 7, length: 4 })).toEqual([3, 7, 24]);
  expect(evaluateShape([], {})).toEqual([]);
  expect(sameShape(["tokens", 3], ["tokens", 3])).toBe(true);
  expect(sameShape(["tokens", 3], ["tokens", 4])).toBe(false);
  expect(sameShape(["tokens"], ["tokens", 1])).toBe(false);
  expect(sameShape(["tokens", 1], ["tokens"])).toBe(false);
  expect(shapeText(["batch", 2, "length+20"])).toBe("[batch, 2, length+20]");
  expect(shapeText([])).toBe("[]");
});
