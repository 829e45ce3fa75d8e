import "../../../src/engine/no-telemetry.ts";
import * as ort from "onnxruntime-node";
import protobuf from "protobufjs/light.js";
import { describe, expect, test } from "vitest";
import { gradients } from "../../../src/graph/gradients.ts";
import { toOnnx } from "../../../src/graph/onnx.ts";
import { onnxDescriptor } from "../../../src/graph/onnx-descriptor.ts";
import { add, exp, mul, scale } from "../../../src/graph/ops/elementwise.ts";
import { gatherRows } from "../../../src/graph/ops/indexing.ts";
import { constant, input } from "../../../src/graph/ops/leaf.ts";
import { affine, product } from "../../../src/graph/ops/linalg.ts";
import { layerNorm, softmax, sum } from "../../../src/graph/ops/reduce.ts";
import { concat, reshape, slice, transpose } from "../../../src/graph/ops/shape.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { evaluationProgram, trainingProgram } from "../../../src/train/program.ts";
import { ndarray } from "../../oracle/array.ts";
import { evaluate } from "../../oracle/evaluate.ts";
import { runOnnx } from "../../oracle/run-onnx.ts";
import { tinyBert } from "../../tiny-bert.ts";
import { noise, type Outputs } from "./programs.ts";

interface Dim {
  dimValue?: number;
  dimParam?: string;
}
interface TensorType {
  elemType: number;
  shape?: { dim?: Dim[] };
}
interface ValueInfo {
  name: string;
  type: { tensorType?: TensorType; sequenceType?: { elemType: { tensorType: TensorType } } };
}
interface Attribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Buffer;
  ints?: number[];
}
interface Model {
  irVersion: number;
  producerName: string;
  opsetImport: { domain?: string; version: number }[];
  graph: {
    name: string;
    node: { opType: string; input?: string[]; output: string[]; attribute?: Attribute[] }[];
    initializer?: { name: string; dims?: number[]; dataType: number; rawData: Buffer }[];
    input?: ValueInfo[];
    output: ValueInfo[];
  };
}

const ModelProto = protobuf.Root.fromJSON(onnxDescriptor).lookupType("ModelProto");
const SEQUENCE = "computed";

function decode(outputs: Outputs, sequenceOutput?: string): Model {
  const bytes = toOnnx(outputs, sequenceOutput ? { sequenceOutput } : {});
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }) as Model;
}

/** "name: element type [sizes]" */
const typesOf = (infos: readonly ValueInfo[] = []): string[] =>
  infos.map(({ name, type }) => {
    const { elemType, shape } = type.tensorType ?? type.sequenceType!.elemType.tensorType;
    const dims = (shape!.dim ?? []).map(({ dimValue, dimParam }) => dimParam ?? dimValue);
    return `${name}: ${type.sequenceType ? "sequence of " : ""}${elemType} [${dims.join(", ")}]`;
  });

/** "Add x y -> z", a node a line. */
const nodesText = ({ graph }: Model): string[] =>
  graph.node.map(({ opType, input: from = [], output }) => `${[opType, ...from].join(" ")} -> ${output.join(" ")}`);

const x = input("x", "float32", ["tokens", 3]);
const y = input("y", "float32", [3]);

describe("the file", () => {
  test("says which format and operators it uses", () => {
    const { irVersion, opsetImport, producerName, graph } = decode({ z: exp(x) });
    expect({ irVersion, opsetImport, producerName }).toEqual({
      irVersion: 8,
      opsetImport: [{ version: 18 }], // of the standard domain, whose name is empty
      producerName: "attune",
    });
    expect(graph.name).toBe("attune");
  });

  test("declares the inputs that are read, once each, with types and named sizes", () => {
    const ids = input("ids", "int32", ["batch", "length+20"]);
    const rows = gatherRows(input("table", "float32", [9, 3]), ids);
    const wide = input("wide", "int64", []);
    const { graph } = decode({ rows, wide, twice: add(x, x) });
    expect(typesOf(graph.input)).toEqual([
      "table: 1 [9, 3]",
      "ids: 6 [batch, length+20]",
      "wide: 7 []",
      "x: 1 [tokens, 3]",
    ]);
  });

  test("declares the outputs in the order given", () => {
    const { graph } = decode({ second: exp(x), first: transpose(x, [1, 0]), total: sum(x, [0, 1]) });
    expect(typesOf(graph.output)).toEqual(["second: 1 [tokens, 3]", "first: 1 [3, tokens]", "total: 1 []"]);
  });

  test("has the sequence, where one is asked for, as its first output", () => {
    const outputs = { z: exp(x), total: sum(x, [0, 1]) };
    const model = decode(outputs, SEQUENCE);
    const [first, ...rest] = typesOf(model.graph.output);
    expect(first).toMatch(/^computed: sequence of 1 /);
    expect(rest).toEqual(["z: 1 [tokens, 3]", "total: 1 []"]);
    expect(nodesText(model).filter((node) => /^SequenceConstruct \S+ -> computed$/.test(node))).toHaveLength(1);
    expect(nodesText(decode(outputs)).join()).not.toContain("Sequence");
  });

  test("writes attributes of each type", () => {
    const table = input("table", "float32", [9, 3]);
    const ids = input("ids", "int32", [2]);
    const outputs = {
      moved: transpose(x, [1, 0]),
      soft: softmax(x),
      product: product(x, x, { transB: true, alpha: 0.75 }),
      table: gradients(sum(gatherRows(table, ids), [0, 1]), [table])[0]!,
    };
    const { node } = decode(outputs).graph;
    const of = (type: string) => node.find(({ opType }) => opType === type)!.attribute;
    expect(of("Transpose")).toEqual([{ name: "perm", type: 7, ints: [1, 0] }]);
    expect(of("Softmax")).toEqual([{ name: "axis", type: 2, i: -1 }]);
    expect(of("Gemm")).toEqual([
      { name: "transA", type: 2 }, // proto3 leaves zeros out
      { name: "transB", type: 2, i: 1 },
      { name: "alpha", type: 1, f: 0.75 },
    ]);
    expect(of("ScatterND")).toEqual([{ name: "reduction", type: 3, s: Buffer.from("add") }]);
  });
});

describe("constants", () => {
  test("hold their values, little-endian", () => {
    const { initializer } = decode({ z: add(y, constant([1, -2, 0.5], [3])) }).graph;
    const [{ rawData, ...rest }] = initializer as [NonNullable<typeof initializer>[0]];
    expect(rest).toEqual({ name: "constant_0", dims: [3], dataType: 1 });
    expect(rawData.toString("hex")).toBe("0000803f000000c00000003f");
    const whole = decode({ z: reshape(x, ["tokens", 1, 3]) }).graph.initializer!;
    expect(whole).toHaveLength(1);
    expect(whole[0]).toMatchObject({ dims: [3], dataType: 7 });
    expect(whole[0]!.rawData.toString("hex")).toBe(["00", "01", "03"].map((b) => b.padEnd(16, "0")).join(""));
  });

  test("are shared where type, shape and values are equal, and only there", () => {
    const equal = () => constant([1, 1, 1], [3]);
    const z = add(add(y, equal()), equal());
    expect(decode({ z }).graph.initializer).toHaveLength(1);
    const shapes = add(add(z, constant([1, 1, 1], [1, 3])), constant(1));
    const values = add(shapes, constant([1, 1, 2], [3]));
    expect(decode({ shapes }).graph.initializer).toHaveLength(3);
    expect(decode({ values }).graph.initializer).toHaveLength(4);
    const types = add(reshape(input("column", "float32", [3, 1]), [3]), constant([3], [1])); // shape and addend: [3]
    expect(decode({ types }).graph.initializer).toHaveLength(2);
    // The factor of a scale and the shape of a reshape use the same store.
    expect(decode({ z: add(scale(y, 2), scale(y, 2)) }).graph.initializer).toHaveLength(1);
    const reshaped = add(reshape(x, ["tokens", 3, 1]), reshape(exp(x), ["tokens", 3, 1]));
    expect(decode({ reshaped }).graph.initializer).toHaveLength(1);
  });

  test("column sums over as many rows share their row of ones", () => {
    const types = ({ graph }: Model) => graph.node.map(({ opType }) => opType);
    const both = types(decode({ a: sum(x, [0]), b: sum(exp(x), [0]) }));
    expect(both.filter((type) => type === "Expand")).toHaveLength(1);
    expect(both.filter((type) => type === "MatMul")).toHaveLength(2);
    const other = types(decode({ a: sum(x, [0]), b: sum(transpose(x, [1, 0]), [0]) }));
    expect(other.filter((type) => type === "Expand")).toHaveLength(2);
  });
});

describe("outputs", () => {
  test("are written to by the node that computes them, for later readers, too", () => {
    const z = exp(x);
    expect(nodesText(decode({ z, w: mul(z, x) }))).toEqual(["Exp x -> z", "Mul z x -> w"]);
  });

  test("that are inputs or constants are copied", () => {
    expect(nodesText(decode({ z: x, one: constant(1) }))).toEqual(["Identity x -> z", "Identity constant_0 -> one"]);
  });

  test("of one tensor are copied from the first", () => {
    const z = exp(x);
    expect(nodesText(decode({ a: z, b: z, c: z }))).toEqual(["Exp x -> a", "Identity a -> b", "Identity a -> c"]);
  });

  test("may be by-products", () => {
    const z = layerNorm(x, y, y, 1e-5);
    const [, mean, deviation] = z.node.outputs;
    const [norm] = nodesText(decode({ z, mean: mean!, deviation: deviation! }));
    expect(norm).toBe("LayerNormalization x y y -> z mean deviation");
  });
});

const encoder = tinyBert();
const training = trainingProgram(encoder, encoder.parameters).outputs;

test.each([
  ["BERT's training program", training],
  ["BERT's logits", evaluationProgram(encoder)],
])("%s: every name is defined once, before it is read", (_, outputs) => {
  for (const sequence of [undefined, SEQUENCE]) {
    const { graph } = decode(outputs, sequence);
    const defined = [...graph.input!, ...graph.initializer!].map(({ name }) => name);
    for (const { input: read = [], output } of graph.node) {
      for (const name of read) if (name !== "") expect(defined).toContain(name);
      defined.push(...output);
    }
    expect(new Set(defined).size).toBe(defined.length);
    const declared = graph.output.map(({ name }) => name);
    expect(declared).toEqual([...(sequence ? [sequence] : []), ...Object.keys(outputs)]);
    for (const name of declared) expect(defined).toContain(name);
  }
});

test("every node of the program is there, and no Identity", () => {
  const program = nodesInOrder(Object.values(training)).filter(
    ({ op }) => op.name === "product" || op.name === "affine",
  );
  const types = decode(training).graph.node.map(({ opType }) => opType);
  expect(types.filter((type) => type === "Gemm")).toHaveLength(program.length);
  expect(types).not.toContain("Identity");
});

describe("ONNX Runtime", () => {
  /** Runs on ONNX Runtime and in float64, and compares. */
  async function agrees(outputs: readonly Tensor[], sizes: Record<string, number>) {
    const values = { x: noise([sizes.tokens!, 3]), y: ndarray([3], [0.5, -2, 3]), w: noise([3, 2], 1) };
    const expected = evaluate(outputs, values, sizes);
    for (const [i, { shape, data }] of (await runOnnx(outputs, values, sizes)).entries()) {
      expect(shape).toEqual(expected[i]!.shape);
      for (const [at, v] of data.entries()) expect(v).toBeCloseTo(expected[i]!.data[at]!, 5);
    }
  }
  const w = input("w", "float32", [3, 2]);
  const z = affine(exp(x), w, constant([1, -1], [2]), { beta: 0.5 });

  test("computes outputs that are inputs, constants, by-products or one tensor", async () => {
    const norm = layerNorm(x, y, y, 1e-5);
    await agrees([z, x, z, constant([4, 5], [2]), norm, norm.node.outputs[2]!, y, x, mul(z, z)], { tokens: 5 });
    await agrees([x, exp(x)], { tokens: 2 }); // the sequence is made of an input
    await agrees([constant([4, 5], [2]), x], { tokens: 2 });
  });

  test.each([1, 2, 7])("takes any value for a symbolic size: %i", async (tokens) => {
    const rotated = concat([slice(x, 0, 1, "end"), slice(x, 0, 0, 1)].reverse(), 0);
    const flat = reshape(transpose(z, [1, 0]), [2, "tokens", 1]);
    await agrees([z, rotated, flat, sum(x, [0]), sum(x, [0], true)], { tokens });
  });

  test("says what it was given: names, types and sizes", async () => {
    const session = await ort.InferenceSession.create(toOnnx({ z, first: slice(x, 0, 0, 1) }));
    expect(session.inputNames).toEqual(["x", "w"]);
    expect(session.outputNames).toEqual(["z", "first"]);
    expect(session.inputMetadata[0]).toMatchObject({ name: "x", type: "float32", shape: ["tokens", 3] });
    expect(session.outputMetadata).toMatchObject([{ shape: ["tokens", 2] }, { shape: [1, 3] }]);
    const given = {
      x: new ort.Tensor("float32", [0, 1, 2], [1, 3]),
      w: new ort.Tensor("float32", [1, 0, 0, 1, 0, 0], [3, 2]),
    };
    const results = await session.run(given);
    expect(results.first!.data).toEqual(Float32Array.of(0, 1, 2));
    const computed = results.z!.data as Float32Array;
    expect(computed[0]).toBeCloseTo(1.5, 6);
    expect(computed[1]).toBeCloseTo(Math.E - 0.5, 6);
    await session.release();
  });
});

test("a table of numbers is a constant without being written out, and stands in the file once", () => {
  const table = new Float32Array(8192 * 64).fill(0.5);
  const rows = (name: string) => gatherRows(constant(table, [8192, 64]), input(name, "int32", ["tokens"]));
  const bytes = toOnnx(simplify({ a: rows("one"), b: rows("other") }));
  expect(bytes.length).toBeGreaterThan(4 * table.length);
  expect(bytes.length).toBeLessThan(5 * table.length);
});
