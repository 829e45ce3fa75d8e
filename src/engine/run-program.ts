/** Runs a program once, from plain lists of numbers to plain arrays: for `attune/graph`, where nothing is trained at length. */
import { AttuneError } from "../base/error.ts";
import { sizeOf } from "../base/size-of.ts";
import { evaluateShape, shapeText } from "../graph/dim.ts";
import { inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import type { DType, HostTensor, Tensor, TensorType } from "../graph/tensor.ts";
import type { Engine } from "./engine.ts";
import { cpuEngine } from "./engines.ts";

/** The numbers of one tensor, row after row. */
export type Values = ArrayLike<number>;

export interface RunProgramOptions {
  /** Values of symbolic sizes, such as `{ batch: 2 }`. @default none */
  readonly sizes?: Readonly<Record<string, number>>;
  /** What computes. @default ONNX Runtime on the CPU */
  readonly engine?: Engine;
}

const arrays = {
  float32: (values: Values) => Float32Array.from(values),
  int8: (values: Values) => Int8Array.from(values),
  uint8: (values: Values) => Uint8Array.from(values),
  int32: (values: Values) => Int32Array.from(values),
  int64: (values: Values) => BigInt64Array.from(Array.from(values, BigInt)),
} as const satisfies Record<DType, (values: Values) => HostTensor["data"]>;

/**
 * Compiles a program and computes its outputs once.
 *
 * @param outputs tensors by the names that their values get
 * @param values of the inputs, by name, row after row
 * @returns the values of each output, row after row
 * @throws AttuneError where an input has no value, or as many values as its shape does not have
 */
export async function run<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  values: Readonly<Record<string, Values>>,
  { sizes = {}, engine = cpuEngine() }: RunProgramOptions = {},
): Promise<Record<Name, HostTensor["data"]>> {
  const tensors = Object.entries<Tensor>(outputs);
  const inputs = nodesInOrder(tensors.map(([, tensor]) => tensor)).flatMap(({ outputs: [y] }) => {
    const name = inputName(y!);
    return name === undefined ? [] : [[name, hostTensorOf(name, y!, values[name], sizes)] as const];
  });
  const results = Object.fromEntries(
    tensors.map(([name, { dtype, shape }]) => {
      const dims = evaluateShape(shape, sizes);
      return [name, { dtype, dims, data: arrays[dtype](new Float32Array(sizeOf(dims))) } satisfies HostTensor];
    }),
  );
  const program = await engine.compile(outputs);
  try {
    await program.run(Object.fromEntries(inputs), results);
  } finally {
    await program.dispose();
  }
  return Object.fromEntries(tensors.map(([name]) => [name, results[name]!.data])) as Record<Name, HostTensor["data"]>;
}

function hostTensorOf(
  name: string,
  { dtype, shape }: TensorType,
  values: Values | undefined,
  sizes: Readonly<Record<string, number>>,
): HostTensor {
  if (!values) throw new AttuneError("graph/missing-value", `the program reads "${name}", which has no value`);
  const dims = evaluateShape(shape, sizes);
  if (values.length !== sizeOf(dims))
    throw new AttuneError(
      "graph/value-count",
      `"${name}" has the shape ${shapeText(dims)}, which is ${sizeOf(dims)} numbers, and ${values.length} are given`,
    );
  return { dtype, dims, data: arrays[dtype](values) };
}
