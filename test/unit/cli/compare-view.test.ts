import { expect, test } from "vitest";
import { remaining } from "../../../src/cli/compare-view.ts";

test("an estimate says which runs it leaves out", () => {
  const said = (unknown: readonly string[]) => remaining({ runs: 3, seconds: 600, unknown });
  expect(said([])).toMatch(/^3 runs to go, about 10 minutes; until about (\S+ )?\d\d:\d\d$/);
  expect(said(["a"])).toMatch(/\d\d, without a: how long is not known$/);
  expect(said(["a", "b"])).toMatch(/, without a and 1 more: how long is not known$/);
  expect(said(["a", "b", "c"])).toBe("3 runs to go; how long is not known");
});
