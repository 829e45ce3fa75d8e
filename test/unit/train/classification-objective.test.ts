import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { float32 } from "../../../src/engine/engine-tensors.ts";
import { gradients } from "../../../src/graph/gradients.ts";
import { crossEntropy, yesAndNo } from "../../../src/graph/nn.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import type { Truth } from "../../../src/tables/dataset.ts";
import { plainObjective, targetsOf } from "../../../src/train/classification-objective.ts";
import { balancedWeights, eachTextOnce, oversampled } from "../../../src/train/rare-labels.ts";
import { engine } from "../../loaded-model.ts";
import { fixtures } from "../tables/scratch.ts";

interface Case {
  readonly labels: number;
  readonly truth: Truth[];
  readonly weights?: number[];
  readonly smoothing: number;
  readonly logits: number[];
  readonly loss: number;
  readonly gradient: number[];
}

/** See make_losses.py. */
const expected: {
  readonly single: Case[];
  readonly multi: Case[];
  readonly balanced: { readonly truth: number[]; readonly labels: number; readonly weights: number[] }[];
} = JSON.parse(readFileSync(join(fixtures, "losses.json"), "utf8"));

/** Loss and its gradient, by the graph that training has above its logits. */
async function computed({ labels, truth, weights, smoothing, logits }: Case, multiLabel: boolean) {
  const x = input("logits", "float32", ["batch", labels]);
  const scored = multiLabel ? yesAndNo(x) : x;
  const loss = crossEntropy(scored, input("targets", "float32", scored.shape), input("factor", "float32", []));
  const executable = await engine.compile({ loss, gradient: gradients(loss, [x])[0]! });
  const objective = { labelCount: labels, multiLabel, smoothing, ...(weights && { weights }) };
  const { targets, factor } = targetsOf(truth, objective);
  const found = { loss: new Float32Array(1), gradient: new Float32Array(logits.length) };
  const shape = [truth.length, labels];
  await executable.run(
    { logits: float32(Float32Array.from(logits), shape), targets, factor: float32(Float32Array.of(factor), []) },
    { loss: float32(found.loss, []), gradient: float32(found.gradient, shape) },
  );
  await executable.dispose();
  return { loss: found.loss[0]!, gradient: [...found.gradient] };
}

describe.each(["single", "multi"] as const)("%s: loss and gradient as PyTorch has them", (kind) => {
  test.each(expected[kind].map((c) => [c.truth.length, c.weights ?? "none", c.smoothing, c] as const))(
    "%i texts, weights %s, smoothing %d",
    async (_texts, _weights, _smoothing, wanted) => {
      const found = await computed(wanted, kind === "multi");
      expect(Math.abs(found.loss - wanted.loss)).toBeLessThan(2e-6 * Math.max(1, wanted.loss));
      for (const [i, value] of found.gradient.entries())
        expect(Math.abs(value - wanted.gradient[i]!)).toBeLessThan(1e-6);
    },
  );
});

test("plain targets are one-hot and their mean is over texts", () => {
  const { targets, factor } = targetsOf([2, 0], plainObjective(3));
  expect([[...targets.data], targets.dims, factor]).toEqual([[0, 0, 1, 1, 0, 0], [2, 3], 0.5]);
});

describe("balanced weights", () => {
  test("are scikit-learn's", () => {
    for (const { truth, labels, weights } of expected.balanced)
      for (const [i, weight] of balancedWeights(truth, labels, false).entries())
        expect(weight).toBeCloseTo(weights[i]!, 12);
  });

  test("of several labels a text are texts without it / texts with it; a label without texts has 1", () => {
    expect(balancedWeights([[0], [0, 1], [], [0]], 3, true)).toEqual([1 / 3, 3, 1]);
    expect(balancedWeights([0, 0], 2, false)).toEqual([0.5, 1]);
  });
});

describe("oversampling", () => {
  const labels = [0, 0, 0, 0, 0, 1, 1, 3];
  const order = oversampled(labels, 4, 7);
  const countIn = (epoch: number) => {
    const counts = new Array<number>(labels.length).fill(0);
    for (const text of order.of(epoch)) counts[text]!++;
    return counts;
  };

  test("draws each label that occurs as often as the most frequent one, its texts about equally often", () => {
    expect(order.count).toBe(15);
    for (const epoch of [1, 2, 3]) {
      const counts = countIn(epoch);
      expect(counts.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
      expect(counts.slice(5, 7).sort()).toEqual([2, 3]);
      expect(counts[7]).toBe(5);
    }
  });

  test("the same epoch is the same, another is another", () => {
    expect([...order.of(1)]).toEqual([...oversampled(labels, 4, 7).of(1)]);
    expect([...order.of(1)]).not.toEqual([...order.of(2)]);
    const odd = new Set(Array.from({ length: 20 }, (_, epoch) => countIn(epoch)[5]));
    expect([...odd].sort()).toEqual([2, 3]);
  });

  test("without it every text is there once", () => {
    expect([...eachTextOnce(6, 1).of(1)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
