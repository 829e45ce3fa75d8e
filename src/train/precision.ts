/**
 * In how many bits products with frozen weights are computed: as they are, or in 8. What is trained, heads, norms, softmax and
 * attention's own products are float32 in either.
 */
import { AttuneError } from "../base/error.ts";
import type { Int8Storage, StoredParameter } from "../engine/parameter-store.ts";
import { int8Inputs, int8Products } from "../graph/int8-products.ts";
import { inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";

export const precisionNames = ["float32", "int8"] as const;
export type Precision = (typeof precisionNames)[number];

/** @throws AttuneError where a program that is not type-checked gives something else */
export function requirePrecision(given: string): void {
  if (!(precisionNames as readonly string[]).includes(given))
    throw new AttuneError("options/value", `precision cannot be "${given}": it must be "float32" or "int8"`);
}

type Outputs = Readonly<Record<string, Tensor>>;

/** What a precision makes of a program of an adapted model. */
export function precisionOf(
  { precision }: { readonly precision: Precision },
  { encoder, trained }: { readonly encoder: Pick<Encoder, "parameters">; readonly trained: readonly Parameter[] },
): (outputs: Outputs) => Outputs {
  if (precision === "float32") return (outputs) => outputs;
  const changing = new Set(trained.map(({ name }) => name));
  const frozen = new Set(
    encoder.parameters.flatMap(({ name, kind, part }) =>
      kind === "weight" && part === "encoder" && !changing.has(name) ? [name] : [],
    ),
  );
  return (outputs) => int8Products(outputs, (name) => frozen.has(name));
}

/** Parameters, each kept in the forms in which any of the programs reads it. */
export function storedAsRead(
  parameters: readonly Parameter[],
  programs: readonly Outputs[],
  largest: number,
): StoredParameter[] {
  const nodes = programs.flatMap((outputs) => nodesInOrder(Object.values(outputs)));
  const read = new Set(nodes.map(({ outputs: [y] }) => y && inputName(y)));
  return parameters.map((parameter) => {
    const { name } = parameter;
    const forms = (["int8", "int8Turned"] as const).filter((form) => read.has(int8Inputs(name, form).values));
    const int8: Int8Storage = { forms, largest, float32: read.has(name) };
    return forms.length === 0 ? parameter : { ...parameter, int8 };
  });
}
