/**
 * Whether 8-bit products are exact on this processor, found by trying one. Without VNNI, x86 adds two products of unsigned and
 * signed bytes in 16 bits, which 2 · 255 · 127 exceeds: what does not fit becomes 32767. 2 · 255 · 64 fits.
 */
import { int8Product } from "../graph/ops/int8-product.ts";
import { input } from "../graph/ops/leaf.ts";
import type { Engine } from "./engine.ts";
import { float32, type HostTensors } from "./engine-tensors.ts";

const [WHOLE, WITHOUT_ONE_BIT] = [127, 64];
/** Whatever a kernel does with whole blocks and with what is left of them. */
const [ROWS, INNER, COLUMNS] = [33, 131, 37];

/** 127 where weights may use all of int8, and else 64. */
export const largestExactInt8 = async (engine: Pick<Engine, "compile">): Promise<number> =>
  (await isExact(engine, WHOLE)) ? WHOLE : WITHOUT_ONE_BIT;

/** Whether a product of the largest bytes with weights of magnitude `largest` is what it should be. */
export async function isExact(engine: Pick<Engine, "compile">, largest: number): Promise<boolean> {
  const x = input("x", "float32", [ROWS, INNER]);
  const values = input("values", "int8", [INNER, COLUMNS]);
  const y = int8Product(x, values, input("scales", "float32", [COLUMNS]));
  const program = await engine.compile({ y });
  const found = new Float32Array(ROWS * COLUMNS);
  const inputs: HostTensors = {
    x: float32(new Float32Array(ROWS * INNER).fill(127), [ROWS, INNER]), // Bytes of 255.
    values: { dtype: "int8", dims: [INNER, COLUMNS], data: new Int8Array(INNER * COLUMNS).fill(largest) },
    scales: float32(new Float32Array(COLUMNS).fill(1), [COLUMNS]),
  };
  try {
    await program.run(inputs, { y: float32(found, [ROWS, COLUMNS]) });
  } finally {
    await program.dispose();
  }
  return found.every((value) => value === INNER * 127 * largest);
}
