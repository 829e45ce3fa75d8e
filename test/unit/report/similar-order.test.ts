import { expect, test } from "vitest";
import { similarOrder } from "../../../src/report/similar-order.ts";

test("labels that are taken for each other stand side by side, and every label stands once", () => {
  // 0 and 3 are confused most, then 1 and 4; 3 is sometimes taken for 1.
  const counts = [
    [6, 0, 0, 4, 0],
    [0, 7, 0, 0, 3],
    [0, 0, 10, 0, 0],
    [3, 1, 0, 6, 0],
    [0, 2, 0, 0, 8],
  ];
  const order = similarOrder(counts);
  expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
  const apart = (a: number, b: number) => Math.abs(order.indexOf(a) - order.indexOf(b));
  expect([apart(0, 3), apart(1, 4), apart(3, 1)]).toEqual([1, 1, 1]);
  expect([0, 4]).toContain(order.indexOf(2));
});

test("labels without texts, one label and none have an order, too", () => {
  expect(similarOrder([])).toEqual([]);
  expect(similarOrder([[0]])).toEqual([0]);
  expect(
    similarOrder([
      [0, 0],
      [0, 0],
    ]),
  ).toEqual([0, 1]);
});
