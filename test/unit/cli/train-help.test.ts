/** The groups of `attune train --help` hold every option once. */
import { expect, test } from "vitest";
import { trainGroups } from "../../../src/cli/train-help.ts";
import { trainOptions } from "../../../src/run/train-options.ts";

test("each option of train stands in one group", () => {
  const grouped = Object.values(trainGroups).flat();
  expect([...grouped].sort()).toEqual(Object.keys(trainOptions.shape).sort());
});
