/** Layers that a model runs more than once, or on more than tokens, stand in an 8-bit file once. */
import protobuf from "protobufjs/light.js";
import { expect, test } from "vitest";
import { toOnnx } from "../../../src/graph/onnx.ts";
import { onnxDescriptor } from "../../../src/graph/onnx-descriptor.ts";
import { int8Rules } from "../../../src/interop/int8.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { evaluationProgram } from "../../../src/train/program.ts";

const sizes = { vocab_size: 9, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12 };
const ModelProto = protobuf.Root.fromJSON(onnxDescriptor).lookupType("ModelProto");

test.each([
  { model_type: "albert", ...sizes, embedding_size: 6 },
  { model_type: "deberta-v2", ...sizes, relative_attention: true, share_att_key: true, pos_att_type: "p2c|c2p" },
])("$model_type", (config) => {
  const encoder = buildEncoder(config, 2, "config.json");
  const weights = Object.fromEntries(
    encoder.parameters.map(({ name, shape }) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
      return [name, { dtype: "float32", dims: shape, data } as const];
    }),
  );
  const { rules, replaces } = int8Rules(encoder, weights);
  const bytes = toOnnx(evaluationProgram(encoder), {
    rules,
    inputs: (name) => (replaces(name) ? name : undefined),
  });
  const { graph } = ModelProto.toObject(ModelProto.decode(bytes)) as {
    graph: { initializer: { name: string; dataType: number }[] };
  };
  const names = graph.initializer.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  const layers = encoder.linears.filter(({ role }) => role !== "classifier");
  expect(graph.initializer.filter(({ dataType }) => dataType === 3)).toHaveLength(layers.length + 1); // And the words.
});
