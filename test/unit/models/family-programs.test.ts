/** The programs of every family in float64: gradients, rows that are not read, and what is computed once a step. */
import { describe, expect, test } from "vitest";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { pruneRows } from "../../../src/graph/row-pruning.ts";
import { rowAxes } from "../../../src/models/batch.ts";
import { models } from "../../../src/models/list-models.ts";
import { plainScope } from "../../../src/models/scope.ts";
import { evaluationProgram, LOGITS, trainingProgram } from "../../../src/train/program.ts";
import { ndarray } from "../../oracle/array.ts";
import { gradientError } from "../../oracle/check-gradient.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { tinyFamilies, tinyFamily, tinyFamilyValues } from "../../tiny-families.ts";
import { expectSameValues, nodesOf } from "../graph/programs.ts";

const families = Object.keys(tinyFamilies);

test("each family that opens is looked at", () => {
  const sameGraph = ["xlm-roberta", "camembert"];
  expect(models().map(({ type }) => type)).toEqual(expect.arrayContaining(families));
  expect(families.toSorted()).toEqual(
    models()
      .map(({ type }) => type)
      .filter((type) => !sameGraph.includes(type))
      .toSorted(),
  );
});

describe.each(families)("%s", (family) => {
  const encoder = tinyFamily(family);
  const scope = plainScope(encoder.parameters, (x) => x);
  const logits = encoder.logits(scope);
  const { values, sizes } = tinyFamilyValues(encoder);

  test("the gradient of every parameter equals finite differences", () => {
    const wanted = encoder.parameters.map(({ name }) => scope.parameter(name));
    expect(gradientError(logits, wanted, values, sizes, 41)).toBeLessThan(1e-6);
  });

  test("row pruning keeps the logits, exactly", () => {
    expectSameValues(pruneRows({ logits }, rowAxes), { logits }, values, sizes);
    expectSameValues(evaluationProgram(encoder), { logits }, values, sizes, 1e-12);
  });

  test("the last layer is computed for pooled tokens, but for keys and values", () => {
    const last = encoder.layers - 1;
    const scores = nodesOf(evaluationProgram(encoder), "softmax").map((node) => node.outputs[0]!.shape[2]);
    expect(scores).toEqual(Array.from({ length: encoder.layers }, (_, layer) => (layer === last ? 1 : "length")));
    // Before its feed-forward part and behind the layer, or behind each half of it.
    const norms = nodesOf(evaluationProgram(encoder), "layerNorm").map((node) => node.outputs[0]!.shape[0]);
    expect(norms.slice(-2)).toEqual(["batch", "batch"]);
  });
});

test("ModernBERT turns the queries of its last layer for pooled tokens only", () => {
  const turned = nodesOf(evaluationProgram(tinyFamily("modernbert")), "concat").map(
    (node) => node.outputs[0]!.shape[0],
  );
  expect(turned).toEqual(["tokens", "tokens", "tokens", "tokens", "batch", "tokens"]);
});

test("DeBERTa's own projections of positions, and its convolution, have the gradients of finite differences", () => {
  const changes = {
    share_att_key: false,
    conv_kernel_size: 5,
    conv_act: "gelu",
    embedding_size: 6,
    type_vocab_size: 2,
  };
  const encoder = tinyFamily("deberta-v2", changes);
  const scope = plainScope(encoder.parameters, (x) => x);
  const { values, sizes } = tinyFamilyValues(encoder);
  const logits = encoder.logits(scope);
  const wanted = encoder.parameters.map(({ name }) => scope.parameter(name));
  expect(gradientError(logits, wanted, values, sizes, 41)).toBeLessThan(1e-6);
  expectSameValues(evaluationProgram(encoder), { logits }, values, sizes, 1e-12);
});

test.each([
  ["mpnet", "mpnet.encoder.relative_attention_bias.weight"],
  ["deberta-v2", "deberta.encoder.rel_embeddings.weight"],
])("%s: no score of padding is reached, however far apart the scores of places are", (family, table) => {
  const encoder = tinyFamily(family, { norm_rel_ebd: "none", position_buckets: -1 });
  const program = evaluationProgram(encoder);
  const logitsOf = (factor: number, ...texts: number[][]) => {
    const { values, sizes } = tinyFamilyValues(encoder, texts);
    const [own, shape] = [values[table]!.data, values[table]!.shape];
    values[table] = ndarray(shape, (i) => factor * own[i]!);
    return [...evaluate([program[LOGITS]!], values, sizes)[0]!.data.slice(0, 3)];
  };
  for (const factor of [1000, -1000])
    for (const text of [
      [2, 7, 3],
      [2, 5, 8, 4, 3],
    ]) {
      const inCompany = logitsOf(factor, text, [2, 8, 8, 4, 6, 5, 7, 3]);
      for (const [i, logit] of logitsOf(factor, text).entries()) expect(inCompany[i]).toBeCloseTo(logit, 12);
    }
});

describe("what depends on places is computed once a step, not once a layer", () => {
  test.each([2, 5])("MPNet's bias with %i layers: one lookup, and one sum of its gradient", (layers) => {
    const encoder = tinyFamily("mpnet", { num_hidden_layers: layers });
    const scope = plainScope(encoder.parameters, (x) => x);
    const logits = encoder.logits(scope);
    const lookups = (outputs: Parameters<typeof nodesOf>[0], op: string) =>
      nodesOf(outputs, op).filter(({ inputs }) => inputs.some((x) => inputName(x) === "distanceBuckets"));
    expect(lookups({ logits }, "gatherRows")).toHaveLength(1);
    const { outputs } = trainingProgram(encoder, encoder.parameters);
    expect(lookups(outputs, "gatherRows")).toHaveLength(1);
    expect(lookups(outputs, "scatterAddRows")).toHaveLength(1);
  });

  test.each([2, 5])(
    "DeBERTa's table with %i layers: normed once, and looked up once for keys and once for queries",
    (layers) => {
      const program = evaluationProgram(tinyFamily("deberta-v2", { num_hidden_layers: layers }));
      const lookups = nodesOf(program, "gatherRows").filter(({ outputs: [rows] }) => rows!.shape[0] === "2*length");
      expect(lookups).toHaveLength(2);
      expect(nodesOf(program, "layerNorm").filter(({ outputs: [y] }) => y!.shape[0] === 8)).toHaveLength(1);
    },
  );

  test.each([2, 7])("ModernBERT's angles with %i layers: a cosine and a sine of each kind", (layers) => {
    const encoder = tinyFamily("modernbert", { num_hidden_layers: layers });
    const constants = nodesOf(evaluationProgram(encoder), "gatherRows").filter(
      ({ inputs }) => inputs[0]!.node.op.name === "constant",
    );
    expect(constants).toHaveLength(4);
  });
});
