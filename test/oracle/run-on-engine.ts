/** Runs a program on an engine with float64 values in and out, for comparison with the evaluator. */
import type { Engine } from "../../src/engine/engine.ts";
import { evaluateShape } from "../../src/graph/dim.ts";
import { nodesInOrder } from "../../src/graph/order.ts";
import type { HostTensor, Tensor } from "../../src/graph/tensor.ts";
import { type NdArray, ndarray, sizeOf } from "./array.ts";

/** What holds the values of inputs. */
const arrays = { float32: Float32Array, int32: Int32Array, int8: Int8Array, uint8: Uint8Array };

export async function runOnEngine(
  engine: Engine,
  outputs: readonly Tensor[],
  values: Readonly<Record<string, NdArray>>,
  sizes: Readonly<Record<string, number>> = {},
): Promise<NdArray[]> {
  const named = Object.fromEntries(outputs.map((t, i) => [`y${i}`, t]));
  const program = await engine.compile(named);
  const feeds: Record<string, HostTensor> = {};
  for (const node of nodesInOrder(outputs)) {
    const { name, dtype } = node.attributes as { name?: string; dtype?: keyof typeof arrays };
    if (node.op.name !== "input" || !name || !dtype) continue;
    const { shape, data } = values[name]!;
    feeds[name] = { dtype, dims: shape, data: arrays[dtype].from(data) };
  }
  const results = Object.fromEntries(
    Object.entries(named).map(([name, t]) => {
      const dims = evaluateShape(t.shape, sizes);
      return [name, { dtype: t.dtype, dims, data: new Float32Array(sizeOf(dims)) } satisfies HostTensor];
    }),
  );
  await program.run(feeds, results);
  await program.dispose();
  return Object.values(results).map(({ dims, data }) => ndarray(dims, data));
}
