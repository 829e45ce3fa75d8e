/** What ONNX Runtime makes of a program's nodes: how often and when it computes each, by its own profile. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { evaluateShape } from "../../../src/graph/dim.ts";
import { gradients } from "../../../src/graph/gradients.ts";
import { int8Products } from "../../../src/graph/int8-products.ts";
import { keptInBytes } from "../../../src/graph/kept-in-bytes.ts";
import { gelu } from "../../../src/graph/nn.ts";
import { fromBytes } from "../../../src/graph/ops/bytes.ts";
import { add, erf, exp, mul } from "../../../src/graph/ops/elementwise.ts";
import { input, inputName } from "../../../src/graph/ops/leaf.ts";
import { product } from "../../../src/graph/ops/linalg.ts";
import { sum } from "../../../src/graph/ops/reduce.ts";
import { nodesInOrder } from "../../../src/graph/order.ts";
import { remade } from "../../../src/graph/remade.ts";
import type { HostTensor, Tensor } from "../../../src/graph/tensor.ts";

/** The ONNX operators of a run in the order in which they were computed. */
async function computed(outputs: Readonly<Record<string, Tensor>>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "attune-order-"));
  const profile = () => ({ filePrefix: join(folder, "run"), nodeName: ({ op }: { op: { name: string } }) => op.name });
  const program = await onnxRuntimeEngine({ threads: 1, profile }).compile(outputs);
  const zeros = ({ dtype, shape }: Tensor): HostTensor => {
    const dims = evaluateShape(shape, { tokens: 2 });
    const size = dims.reduce((a, b) => a * b, 1);
    const data =
      dtype === "float32" ? new Float32Array(size) : dtype === "int8" ? new Int8Array(size) : new Uint8Array(size);
    return { dtype, dims, data };
  };
  const inputs = nodesInOrder(Object.values(outputs)).flatMap(({ outputs: [y] }) => {
    const name = inputName(y!);
    return name === undefined ? [] : [[name, zeros(y!)] as const];
  });
  const results = Object.entries(outputs).map(([name, tensor]) => [name, zeros(tensor)] as const);
  await program.run(Object.fromEntries(inputs), Object.fromEntries(results));
  await program.dispose();
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8")) as {
    readonly name: string;
    readonly args?: { readonly op_name?: string };
  }[];
  rmSync(folder, { recursive: true });
  return events.flatMap(({ name, args }) => (name.endsWith("_kernel_time") ? [args!.op_name!] : []));
}

const x = input("x", "float32", ["tokens", 4]);

test("what is there twice is computed twice", async () => {
  const ops = await computed({ y: mul(erf(x), erf(x)) });
  expect(ops.filter((op) => op === "Erf")).toHaveLength(2);
});

test("bytes that two nodes read become float32 once", async () => {
  const kept = fromBytes(input("bytes", "uint8", ["tokens", 4]), input("factor", "float32", []));
  const ops = await computed({ y: mul(x, kept), z: add(erf(x), kept) });
  expect(ops.filter((op) => op === "DequantizeLinear")).toHaveLength(1);
});

test("a weight is turned just before the product that reads it", async () => {
  /** Two products of what goes in, as queries and keys are. */
  const layer = (x: Tensor, number: number) => {
    const [a, b] = ["a", "b"].map((name) => product(x, input(`${name}${number}`, "float32", [4, 4]), { transB: true }));
    return mul(a!, b!);
  };
  const ops = await computed(int8Products({ y: [1, 2, 3].reduce(layer, x) }, () => "int8"));
  const order = ops.filter((op) => op === "Transpose" || op === "MatMulIntegerToFloat");
  expect(order).toEqual(Array.from({ length: 6 }, () => ["Transpose", "MatMulIntegerToFloat"]).flat());
});

test("bytes of GELU's slope are made on the way forward, and read on the way back", async () => {
  const loss = sum(exp(gelu(gelu(gelu(x)))), [0, 1]);
  const ops = await computed(keptInBytes(remade({ loss, gradient: gradients(loss, [x])[0]! }, loss)));
  const order = ops.filter((op) => op === "QuantizeLinear" || op === "DequantizeLinear");
  // What goes into the first is made again from x.
  expect(order).toEqual(["QuantizeLinear", "QuantizeLinear", "DequantizeLinear", "DequantizeLinear"]);
});
