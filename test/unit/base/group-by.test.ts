import { expect, test } from "vitest";
import { groupBy } from "../../../src/base/group-by.ts";

test("keys and things keep their order", () => {
  const groups = groupBy(["pear", "fig", "plum", "date", "kiwi", "nut"], (word) => word.length);
  expect([...groups]).toEqual([
    [4, ["pear", "plum", "date", "kiwi"]],
    [3, ["fig", "nut"]],
  ]);
});
