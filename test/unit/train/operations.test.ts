import { describe, expect, test } from "vitest";
import { featureOperations } from "../../../src/features/feature-rows.ts";
import { evaluateDim } from "../../../src/graph/dim.ts";
import { erfGateOp } from "../../../src/graph/ops/elementwise.ts";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { affineOp, productOp } from "../../../src/graph/ops/linalg.ts";
import { softmaxOp } from "../../../src/graph/ops/reduce.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { withHead } from "../../../src/models/head.ts";
import type { HeadName } from "../../../src/models/head-choice.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { findFrozenFeatures } from "../../../src/train/frozen-features.ts";
import { evaluationProgram, trainingProgram } from "../../../src/train/program.ts";

const [H, F, h] = [24, 40, 2];
const sizes = { tokens: 31, batch: 4, length: 9 };
const { tokens: T, batch: B, length: L } = sizes;

/** What a batch takes with a method, and what lies below its kept place; with "peft", nothing is kept. */
function operationsOf(
  layers: number,
  method: MethodName,
  options: object = {},
  { semantics = "attune", head = "pooler" }: { semantics?: "attune" | "peft"; head?: HeadName } = {},
) {
  const config = {
    ...{ model_type: "bert", hidden_size: H, intermediate_size: F, num_attention_heads: h, vocab_size: 9 },
    num_hidden_layers: layers,
  };
  const encoder = withHead(buildEncoder(config, 3, "config.json"), { head }, 3);
  const setting = { semantics, trainHead: true, trainPooler: false, fresh: new Set<string>() };
  const { encoder: adapted, trained } = adaptModel(encoder, chooseMethod(method, options), setting);
  const kept = semantics === "attune" ? findFrozenFeatures(adapted, trained) : undefined;
  const program = trainingProgram(adapted, trained, kept);
  const { forward, backward } = program.operations;
  return {
    ...{ forward: evaluateDim(forward, sizes), backward: evaluateDim(backward, sizes), kept, encoder: adapted },
    ...{ trained, program },
  };
}

describe("one BERT layer with GELU and dropout, by hand", () => {
  // A layer below others computes all its tokens; only the last one is pruned to [CLS].
  const [two, three] = [operationsOf(2, "full"), operationsOf(3, "full")];

  test("forward", () => {
    const linears = 4 * (2 * T * H * H + T * H) + (2 * T * H * F + T * F) + (2 * T * F * H + T * H);
    const products = 2 * (2 * B * L * L * H);
    const scores = B * h * L * L * (1 + 5 + 1); // the bias, softmax, dropout
    const gelu = 3 * T * F;
    const residuals = 2 * (2 * T * H); // dropout and sum
    const norms = 2 * (7 * T * H + 5 * T);
    expect(three.forward - two.forward).toBe(linears + products + scores + gelu + residuals + norms);
  });

  test("backward", () => {
    // Two products for each one, and bias gradients. Those of queries and of the intermediate layer carry a factor (1/√d
    // and GELU's 1/√2), which is applied after the sum.
    const linears = 4 * (4 * T * H * H + T * H) + (4 * T * H * F + T * F) + (4 * T * F * H + T * H) + H + F;
    const products = 2 * (4 * B * L * L * H);
    const scores = B * h * L * L * (4 + 1); // softmax, dropout
    const gelu = 6 * T * F; // dy (1 + erf u + u exp(c - u²))
    // dx: x̂ (2), γ dy, two row means (1 and 2, each a factor a row), their three uses, 1/σ; then γ (2) and β (1).
    const norms = 2 * (13 * T * H + 2 * T);
    const dropouts = 2 * T * H;
    const joins = (1 + 3) * T * H; // where the residual meets the feed-forward, and queries, keys and values
    expect(three.backward - two.backward).toBe(linears + products + scores + gelu + norms + dropouts + joins);
  });
});

describe("only what is trained is differentiated", () => {
  test("a layer whose biases are trained takes no products for gradients of its weights", () => {
    const [two, three] = [operationsOf(2, "bitfit"), operationsOf(3, "bitfit")];
    const full = operationsOf(3, "full").backward - operationsOf(2, "full").backward;
    const weightGradients = 4 * (2 * T * H * H) + 2 * (2 * T * H * F);
    const normWeights = 2 * (2 * T * H); // dy x̂, summed over the tokens
    const saved = full - (three.backward - two.backward);
    // Biases of queries and of the intermediate layer carry a factor, once each, for bias and weight alike.
    expect(saved).toBe(weightGradients + normWeights);
  });

  test.each<[MethodName, object, HeadName]>([
    ["full", {}, "pooler"],
    ["full", { layers: "top:1" }, "cls"],
    ["bitfit", {}, "mean"],
    ["probe", {}, "cls+mlp"],
    ["lora", { targets: ["all-linear"], rank: 2 }, "pooler"],
    ["lora", { layers: [1], bias: "all" }, "attention"],
    ["prefix", { virtualTokens: 3 }, "pooler"],
  ])("%s %o, head %s: one product over the rows of a batch for each trained matrix", (method, options, head) => {
    for (const semantics of ["attune", "peft"] as const) {
      const { program, trained } = operationsOf(3, method, options, { semantics, head });
      const overRows = nodesInOrder(Object.values(program.outputs)).filter(
        ({ op, inputs: [a], attributes }) =>
          op === productOp && attributes.transA === true && ["tokens", "batch"].includes(a!.shape[0] as string),
      );
      const matrices = trained.filter(({ kind, shape }) => kind === "weight" && shape.length === 2);
      expect(overRows.map(({ outputs: [y] }) => String(y!.shape)).sort()).toEqual(
        matrices.map(({ shape }) => String(shape)).sort(),
      );
    }
  });

  test.each<[MethodName, (top: number) => object]>([
    ["full", () => ({ layers: "top:2" })],
    ["bitfit", () => ({ layers: "top:1" })],
    ["lora", (top) => ({ layers: [top - 2, top], rank: 2 })],
    ["probe", () => ({})],
  ])(
    "%s: layers below the lowest trained one add nothing to the derivative, also where nothing is kept",
    (method, options) => {
      for (const semantics of ["attune", "peft"] as const) {
        const [four, seven] = [4, 7].map((layers) => operationsOf(layers, method, options(layers - 1), { semantics }));
        expect(seven!.backward).toBe(four!.backward);
        expect(four!.backward).toBeGreaterThan(0);
        if (semantics === "attune") expect(seven!.forward).toBe(four!.forward);
        else expect(seven!.forward).toBeGreaterThan(four!.forward);
      }
    },
  );
});

describe("a head that reads one token of each text", () => {
  const methods: [MethodName, object][] = [
    ["full", {}],
    ["bitfit", {}],
    ["lora", { targets: ["all-linear"], rank: 2, dropout: 0.1, bias: "all" }],
    ["prompt", { virtualTokens: 2 }],
    ["prefix", { virtualTokens: 2 }],
    ["prefix", { virtualTokens: 2, projection: true }],
  ];
  const heads: HeadName[] = ["pooler", "cls", "pooler+mlp", "cls+mlp"];
  const cases = methods.flatMap(([method, options]) => heads.map((head) => ({ method, options, head })));

  test.each(cases)("$method $options, $head: all tokens have keys and values in the last layer, and no more", (row) => {
    for (const semantics of ["attune", "peft"] as const) {
      const { program, encoder } = operationsOf(2, row.method, row.options, { semantics, head: row.head });
      for (const outputs of [program.outputs, evaluationProgram(encoder)]) {
        const nodes = nodesInOrder(Object.values(outputs));
        const products = nodes.filter(({ op }) => op === productOp || op === affineOp);
        // Products with a weight of the last layer, forward and backward; those of weight gradients read none.
        const sites = products.flatMap(({ inputs, outputs: [y] }) => {
          const weight = inputs.map(inputName).find((name) => name?.includes("layer.1."));
          return weight ? [{ weight, rows: y!.shape[0] }] : [];
        });
        const ofAll = sites.filter(({ rows }) => rows === "tokens").map(({ weight }) => weight);
        expect(ofAll.filter((weight) => !/\.(key|value)\./.test(weight))).toEqual([]);
        expect(sites.filter(({ rows }) => rows === "batch").length).toBeGreaterThanOrEqual(4);
        const scores = nodes.filter(({ op }) => op === softmaxOp).map(({ outputs: [y] }) => y!.shape[2]);
        expect(scores).toEqual(["length", 1]);
        // The one activation that is as wide as the feed-forward and has a row for each token is the first layer's.
        // Where the backward pass makes it once more (remade.ts), it is from the same operand.
        const wide = nodes.filter(({ op, outputs: [y] }) => op === erfGateOp && y!.shape[0] === "tokens");
        expect(new Set(wide.map(({ inputs: [x] }) => x)).size).toBe(1);
      }
    }
  });
});

describe("methods", () => {
  const total = (method: MethodName, options: object = {}) => {
    const { forward, backward } = operationsOf(4, method, options);
    return forward + backward;
  };

  test("that reach less of the model take less", () => {
    const ascending = [
      total("probe"),
      total("lora", { layers: [3], rank: 2 }),
      total("lora", { layers: [2, 3], rank: 2 }),
      total("bitfit"),
      total("full"),
    ];
    expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
    expect(operationsOf(4, "none").backward).toBe(0);
    expect(total("probe")).toBeLessThan(total("lora", { rank: 2 }));
    expect(total("lora", { rank: 2 })).toBeLessThan(total("lora", { rank: 8 }));
    expect(total("lora", { rank: 8 })).toBeLessThan(total("full"));
    expect(operationsOf(4, "full").forward).toBe(operationsOf(4, "bitfit").forward);
  });

  test("a probe on kept vectors: its head, and once the encoder", () => {
    const { forward, backward, kept, encoder } = operationsOf(4, "probe");
    // Dropout, linear layer, log softmax over 3 labels, product with the targets, sum; its sign and weight.
    expect(forward).toBe(B * H + (2 * B * H * 3 + B * 3) + (5 * B * 3 + B) + 2 * B * 3 + 2);
    expect(backward).toBeLessThan(2 * forward);
    const lengths = [5, 9, 9, 8];
    const texts = { count: 4, ids: (i: number) => new Int32Array(lengths[i]!) };
    // Four layers, the pooler and the embeddings are what evaluating takes but the classifier.
    const once = featureOperations(kept!, encoder, texts);
    const layer = operationsOf(3, "full").forward - operationsOf(2, "full").forward;
    const dropouts = B * h * L * L + 2 * T * H; // in training only
    const wider = operationsOf(5, "probe");
    expect(featureOperations(wider.kept!, wider.encoder, texts) - once).toBe(layer - dropouts);
  });
});
