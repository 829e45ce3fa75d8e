import { describe, expect, test } from "vitest";
import { evaluateDim } from "../../../src/graph/dim.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import type { MethodName } from "../../../src/methods/registry.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { findKept } from "../../../src/train/kept.ts";
import { keptOperations } from "../../../src/train/kept-rows.ts";
import { trainingProgram } from "../../../src/train/program.ts";

const [H, F, h] = [24, 40, 2];
const sizes = { tokens: 31, batch: 4, length: 9 };
const { tokens: T, batch: B, length: L } = sizes;

/** What a batch takes with a method, and what lies below its kept place. */
function operationsOf(layers: number, method: MethodName, options: object = {}) {
  const config = {
    ...{ model_type: "bert", hidden_size: H, intermediate_size: F, num_attention_heads: h, vocab_size: 9 },
    num_hidden_layers: layers,
  };
  const encoder = buildEncoder(config, 3, "config.json");
  const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;
  const { encoder: adapted, trained } = adaptModel(encoder, method, options, setting);
  const kept = findKept(adapted, trained);
  const { forward, backward } = trainingProgram(adapted, trained, kept).operations;
  return { forward: evaluateDim(forward, sizes), backward: evaluateDim(backward, sizes), kept, encoder: adapted };
}

describe("one BERT layer with GELU and dropout, by hand", () => {
  // A layer below others computes all its tokens; only the last one is narrowed to [CLS].
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
    const once = keptOperations(kept!, encoder, texts);
    const layer = operationsOf(3, "full").forward - operationsOf(2, "full").forward;
    const dropouts = B * h * L * L + 2 * T * H; // in training only
    const wider = operationsOf(5, "probe");
    expect(keptOperations(wider.kept!, wider.encoder, texts) - once).toBe(layer - dropouts);
  });
});
