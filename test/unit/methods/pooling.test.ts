/** What a head pools of a text that virtual tokens stand before: worked out by hand from the hidden states. */
import { expect, test } from "vitest";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { semanticsNames } from "../../../src/methods/semantics.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import { withHead } from "../../../src/models/head.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { evaluationProgram, LOGITS } from "../../../src/train/program.ts";
import { type NdArray, ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { tinyBert } from "../../tiny-bert.ts";

const LABELS = 3;
const VIRTUAL = 2;
const base = tinyBert({ max_position_embeddings: 8 });
const { hiddenSize: width, heads } = base;
const TEXTS = [
  [2, 7, 3],
  [2, 9, 9, 4, 12, 3],
  [2, 3],
];

type Row = readonly number[];
const sum = (values: Row) => values.reduce((a, b) => a + b, 0);
const dot = (a: Row, b: Row) => sum(a.map((x, i) => x * b[i]!));
const rowsOf = ({ shape, data }: NdArray): Row[] =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!)));

/** One vector for the rows of one text. */
const poolings = {
  mean: (rows: readonly Row[]) => rows[0]!.map((_, d) => sum(rows.map((row) => row[d]!)) / rows.length),
  max: (rows: readonly Row[]) => rows[0]!.map((_, d) => Math.max(...rows.map((row) => row[d]!))),
  attention: (rows: readonly Row[], attention: readonly Row[]) => {
    const weights = attention.map((query) => {
      const scores = rows.map((row) => Math.exp(dot(query, row)));
      return scores.map((score) => score / sum(scores));
    });
    const headOf = (d: number) => Math.floor(d / (width / heads));
    return rows[0]!.map((_, d) => sum(rows.map((row, i) => weights[headOf(d)]![i]! * row[d]!)));
  },
};

const cases = semanticsNames.flatMap((semantics) =>
  (["mean", "max", "attention"] as const).map((head) => ({ semantics, head })),
);

test.each(cases)("$semantics: $head", ({ semantics, head }) => {
  const setting = { semantics, trainHead: true, trainPooler: false, fresh: new Set<string>() };
  const { encoder } = adaptModel(
    withHead(base, { head }, LABELS),
    chooseMethod("prompt", { virtualTokens: VIRTUAL }),
    setting,
  );
  const batch = packBatch(
    TEXTS.map((ids) => Int32Array.from(ids)),
    encoder,
  );
  const values: Record<string, NdArray> = {};
  for (const [name, { dims, data }] of Object.entries(batchValues(batch, { heads })))
    values[name] = ndarray(dims, Array.from(data as Float32Array));
  for (const [p, { name, shape }] of encoder.parameters.entries())
    values[name] = ndarray(shape, (i) => Math.sin(12.9898 * (i + 1) + 78.233 * p));

  let hidden: Tensor | undefined;
  const mayFreeze = (x: Tensor) => {
    if (x.shape[0] === "tokens") hidden = x; // The last of them is what the head reads.
    return x;
  };
  encoder.logits({ ...plainScope(encoder.parameters, (x) => x), mayFreeze });
  const tokens = rowsOf(evaluate([hidden!], values, batch.sizes)[0]!);
  const weight = rowsOf(values["classifier.weight"]!);
  const attention = head === "attention" ? rowsOf(values["head.attention.weight"]!) : [];
  let at = 0;
  const expected = TEXTS.flatMap(({ length }) => {
    const rows = tokens.slice(at + (semantics === "peft" ? 0 : VIRTUAL), at + VIRTUAL + length);
    at += VIRTUAL + length;
    const pooled = poolings[head](rows, attention);
    return weight.map((row, label) => dot(row, pooled) + values["classifier.bias"]!.data[label]!);
  });
  const [logits] = evaluate([evaluationProgram(encoder)[LOGITS]!], values, batch.sizes);
  for (const [i, logit] of expected.entries()) expect(Math.abs(logits!.data[i]! - logit)).toBeLessThan(1e-12);
});
