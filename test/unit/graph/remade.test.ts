/** Values that are made again for the backward pass instead of being kept: the same numbers, and fewer kept. */
import { expect, test } from "vitest";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { inputName } from "../../../src/graph/ops/leaf.ts";
import { reshapeOp } from "../../../src/graph/ops/shape.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { HostTensor, Tensor } from "../../../src/graph/tensor.ts";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { batchValues, packBatch } from "../../../src/models/batch.ts";
import { LOSS, trainingProgram } from "../../../src/train/program.ts";
import { tinyBert } from "../../tiny-bert.ts";

const LAYERS = 3;
const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;

/** A step's program, and the same with what it makes again merged with what it made first. */
function programsOf(method: "lora" | "prefix" | "full") {
  const { encoder, trained } = adaptModel(
    tinyBert({ num_hidden_layers: LAYERS, max_position_embeddings: 40 }),
    chooseMethod(method, {}),
    context,
  );
  const { outputs } = trainingProgram(encoder, trained);
  return { encoder, outputs, keeping: simplify(outputs) };
}

/** What the backward pass reads of the forward pass, by op; another shape of a value is the value. */
function keptOf(outputs: Readonly<Record<string, Tensor>>): Map<string, number> {
  const forward = new Set(nodesInOrder([outputs[LOSS]!]));
  const origin = (x: Tensor): Tensor => (x.node.op === reshapeOp ? origin(x.node.inputs[0]!) : x);
  const kept = new Set(
    nodesInOrder(Object.values(outputs))
      .filter((node) => !forward.has(node))
      .flatMap(({ inputs }) => inputs.map(origin))
      .filter(
        (x) =>
          forward.has(x.node) &&
          x.shape.some((dim) => dim === "tokens" || dim === "length") &&
          x.node.inputs.length > 0,
      ),
  );
  const counts = new Map<string, number>();
  for (const { node, shape } of kept) {
    const name = `${node.op.name} ${shape.at(-1)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

test.each(["lora", "full"] as const)("%s: nothing padded and no activation of GELU is kept", (method) => {
  const { outputs, keeping } = programsOf(method);
  const [fewer, all] = [keptOf(outputs), keptOf(keeping)];
  // Of the last layer, [CLS] alone goes on after attention.
  expect(all.get("erfGate 12")).toBe(method === "full" ? 2 * (LAYERS - 1) : LAYERS - 1);
  expect(fewer.has("erfGate 12")).toBe(false);
  expect(fewer.has("toHeads 4")).toBe(false);
  expect([all.has("mul length"), fewer.has("mul length")]).toEqual([true, false]);
});

test.each(["lora", "prefix", "full"] as const)("%s: loss and gradients are the same to the bit", async (method) => {
  const { encoder, outputs, keeping } = programsOf(method);
  const batch = packBatch(
    [5, 2, 9].map((length, row) => Int32Array.from({ length }, (_, i) => (7 * row + 5 * i) % 13)),
    encoder,
  );
  const inputs: Record<string, HostTensor> = batchValues(batch, encoder);
  for (const [
    i,
    {
      outputs: [y],
    },
  ] of nodesInOrder(Object.values(outputs)).entries()) {
    const name = inputName(y!);
    if (name === undefined || inputs[name]) continue;
    const dims = evaluateShape(y!.shape, batch.sizes);
    const length = dims.reduce((a, b) => a * b, 1);
    const number = (_: unknown, at: number) => Math.sin(12.9898 * (at + 1) + i);
    inputs[name] =
      y!.dtype === "uint8"
        ? { dtype: "uint8", dims, data: Uint8Array.from({ length }, (_, at) => Number(number(_, at) > -0.8)) }
        : { dtype: "float32", dims, data: Float32Array.from({ length }, number) };
  }
  const engine = onnxRuntimeEngine({ threads: 1 });
  const found = [];
  for (const program of [outputs, keeping]) {
    const results = Object.fromEntries(
      Object.entries(program).map(([name, { shape }]): [string, HostTensor] => {
        const dims = evaluateShape(shape, batch.sizes);
        return [name, { dtype: "float32", dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }];
      }),
    );
    const executable = await engine.compile(program);
    await executable.run(inputs, results);
    await executable.dispose();
    found.push(results);
  }
  expect(found[0]).toEqual(found[1]);
  expect(found[0]![LOSS]!.data[0]).not.toBe(0);
});
