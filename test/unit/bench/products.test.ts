/** The matrix products of a step, counted by hand, and where a profile puts its nodes. */
import { afterAll, describe, expect, test } from "vitest";
import { flameGraph } from "../../../bench/flame-graph.ts";
import { compileProducts } from "../../../bench/products.ts";
import { placesOf } from "../../../bench/profile-places.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { LOSS, trainingProgram } from "../../../src/train/program.ts";

const [HIDDEN, INNER, HEADS, LABELS] = [32, 64, 4, 3];
const shape = {
  ...{ model_type: "bert", vocab_size: 50, hidden_size: HIDDEN, num_attention_heads: HEADS },
  ...{ intermediate_size: INNER, max_position_embeddings: 16 },
};
const encoder = buildEncoder({ ...shape, num_hidden_layers: 1 }, LABELS, "config.json");
const program = trainingProgram(encoder, encoder.parameters);

const products = await compileProducts(onnxRuntimeEngine({ threads: 1 }), program.outputs);
afterAll(() => products.executable.dispose());

describe("the bound of a step", () => {
  test("has each product that the result needs, and runs", async () => {
    const texts = [3, 7, 5].map((length) => new Int32Array(length).fill(1));
    const batch = packBatch(texts, { heads: HEADS });
    const memory = new CpuStore(encoder.parameters, { ...program, maxTokens: 48, gradientAccumulation: 1 });
    const loss = new Float32Array(1);
    await products.executable.run(
      { ...memory.weights, ...batchValues(batch, { heads: HEADS }) },
      { ...memory.gradientOutputs(batch), [LOSS]: float32(loss, []) },
    );
    const [tokens, rows, length] = [15, 3, 7];
    // Keys and values of all tokens; queries and all that follows of [CLS] only.
    const linear =
      2 * tokens * HIDDEN * HIDDEN + rows * (3 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER) + rows * HIDDEN * LABELS;
    const attention = 2 * rows * length * HIDDEN;
    // Backward, each product is followed by those for both of its factors.
    expect(products.operations()).toBe(2 * 3 * (linear + attention));
    expect(products.count).toBe(3 * (8 + 2));
    const gradient = memory.gradientOutputs(batch)["gradient:classifier.weight"]!.data as Float32Array;
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0);
  });
});

describe("a profile", () => {
  const deep = buildEncoder({ ...shape, num_hidden_layers: 2 }, LABELS, "config.json");
  const { outputs } = trainingProgram(deep, deep.parameters);
  const places = placesOf(deep, outputs);

  test("puts what reads a weight to that weight, forward and backward", () => {
    const read = new Set<string>();
    for (const [node, { phase, part, role }] of places)
      for (const x of node.inputs) {
        const site = deep.linears.find(({ weight }) => weight === inputName(x));
        if (!site) continue;
        expect([part, role]).toEqual([site.layer === undefined ? "head" : `layer ${site.layer}`, site.role]);
        read.add(`${phase} ${part} ${role}`);
      }
    expect(read.size).toBe(2 * (2 * 6 + 2));
  });

  test("puts softmax, GELU and norm to the part around them, in each layer and both directions", () => {
    const found = [...places].map(([node, { phase, part, role }]) => `${node.op.name}: ${phase} ${part} ${role}`);
    for (const layer of [0, 1]) {
      expect(found).toContain(`softmax: forward layer ${layer} attention`);
      expect(found).toContain(`matMul: backward layer ${layer} attention`);
      expect(found).toContain(`layerNorm: forward layer ${layer} norm`);
      expect(found).toContain(`erfGate: forward layer ${layer} intermediate`);
    }
    expect(found).toContain("gatherRows: forward embeddings lookup");
    expect(new Set([...places.values()].map(({ part }) => part))).toEqual(
      new Set(["embeddings", "layer 0", "layer 1", "head"]),
    );
  });

  test("is drawn to scale, with names that cannot break the picture", () => {
    const stacks = new Map([
      ["step;a<b", 0.75],
      ["step;c;d", 0.25],
    ]);
    const svg = flameGraph(stacks, "A & B", (seconds) => `${seconds} s`);
    const widths = [...svg.matchAll(/<title>([^<]*)<\/title><rect [^>]*?width="([\d.]+)"/g)].map((m) => [m[1], m[2]]);
    expect(widths).toEqual([
      ["step: 1 s, 100.0 %", "1199.5"],
      ["step › a&lt;b: 0.75 s, 75.0 %", "899.5"],
      ["step › c: 0.25 s, 25.0 %", "299.5"],
      ["step › c › d: 0.25 s, 25.0 %", "299.5"],
    ]);
    expect(svg).toContain("A &amp; B");
  });
});
