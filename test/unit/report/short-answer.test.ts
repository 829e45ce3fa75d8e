import { beforeAll, expect, test } from "vitest";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { shortAnswer } from "../../../src/report/conclusions/answer.ts";
import { reportDocument } from "../../../src/report/report-document.ts";
import { viewOf } from "../../../src/report/view.ts";
import { fabricated } from "./comparisons.ts";

const study = fabricated();
let one: Comparison;

beforeAll(async () => {
  one = (await study()).comparison;
}, 120_000);

test("says a thing once: what answers several questions does so in one line", () => {
  const short = shortAnswer(viewOf(one));
  expect(short.map(({ question, answer: said }) => [question, said])).toEqual([
    ["Best quality", "Full fine-tuning"],
    ["Least time; least memory; least to train and store", "Linear probe"],
    ["Cheapest without a loss that can be shown", "LoRA, rank 8"],
  ]);
  const { figure = "", detail } = short[1]!;
  for (const said of [/in total/, /at its peak/, /parameters/, /macro F1/])
    expect(figure.match(new RegExp(said, "g"))).toHaveLength(1);
  expect(detail.match(/Against Full fine-tuning/g)).toHaveLength(1);
});

test("of a single run is one line", () => {
  const settings = one.settings.filter(({ method }) => method === "probe");
  const best = Object.fromEntries(Object.keys(one.best).map((column) => [column, ["tuned/probe"]]));
  const recommended = { chosen: "tuned/probe", reason: "It is the only one." };
  const alone = {
    ...one,
    settings,
    differences: [],
    ranks: [],
    pareto: [],
    recommended,
    best: best as unknown as typeof one.best,
  };
  expect(reportDocument(viewOf(alone)).title).toBe("A way to fine-tune, measured");
  const lines = shortAnswer(viewOf(alone));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ question: "What it came to", answer: "Linear probe" });
  expect(lines[0]!.figure!.match(/macro F1/g)).toHaveLength(1);
  expect(lines[0]!.detail).toBe("It is the only setting that was trained.");
});
