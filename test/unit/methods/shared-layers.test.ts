/** ALBERT's layers are passes through shared ones: `--layers` counts passes, and takes the shared ones whole. */
import { describe, expect, test } from "vitest";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { findFrozenFeatures } from "../../../src/train/frozen-features.ts";
import { tinyFamily } from "../../tiny-families.ts";

function adapted(method: MethodName, layers: unknown, sizes: object) {
  const encoder = tinyFamily("albert", sizes);
  const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;
  return adaptModel(encoder, chooseMethod(method, { layers }), context);
}

/** Of six passes, the first three are one layer, and the last three another. */
const twoGroups = { num_hidden_layers: 6, num_hidden_groups: 2 };
const groupOf = (name: string) =>
  name
    .match(/groups\.(\d+)\.albert_layers\.(\d+)/)
    ?.slice(1)
    .join();

describe.each<[MethodName]>([["full"], ["lora"], ["ia3"], ["bitfit"]])("%s", (method) => {
  test.each([["top:3"], [[3, 4, 5]]])("in the passes %s", (layers) => {
    const { encoder, trained } = adapted(method, layers, twoGroups);
    const groups = trained.filter(({ part }) => part !== "classifier").map(({ name }) => groupOf(name));
    expect(new Set(groups)).toEqual(new Set(method === "full" || method === "bitfit" ? ["1,0", undefined] : ["1,0"]));
    // With the pooler, as without a choice of layers; what lies below is computed once for each text.
    expect(findFrozenFeatures(encoder, trained)?.place).toBe(2);
  });

  test("not in some of the passes through one layer", () => {
    const message = "the layers 3, 4, 5 of this model are one, run again and again; choose all of them or none";
    expect(() => adapted(method, "top:2", twoGroups)).toThrow(message);
    expect(() => adapted(method, [0, 1, 2, 4], twoGroups)).toThrow(message);
  });
});

test("of several layers in a group, each is for itself", () => {
  const sizes = { num_hidden_layers: 2, inner_group_num: 2 };
  const { trained } = adapted("bitfit", [1, 3], sizes);
  const groups = trained.filter(({ part }) => part === "encoder").map(({ name }) => groupOf(name));
  expect(new Set(groups)).toEqual(new Set(["0,1"]));
  expect(() => adapted("bitfit", "top:2", sizes)).toThrow("the layers 0, 2 of this model are one");
});
