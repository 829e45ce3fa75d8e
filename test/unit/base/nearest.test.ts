import { expect, test } from "vitest";
import { nearest } from "../../../src/base/nearest.ts";

test.each([
  ["lable", "label"],
  ["Text", "text"],
  ["sentence", undefined],
])("%s → %s", (name, expected) => {
  expect(nearest(name, ["text", "label"])).toBe(expected);
});
