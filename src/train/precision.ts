/**
 * In how many bits products with frozen weights are computed: as they are, or in 8. What is trained, heads, norms, softmax and
 * attention's own products are float32 in either.
 */
import { AttuneError } from "../base/error.ts";
import type { StoredParameter } from "../engine/parameter-store.ts";
import { INT8_FORMS, type Int8Form, int8Forms, int8Inputs, int8Products } from "../graph/int8-products.ts";
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
type Programs = Readonly<Record<string, Outputs>>;

/** Programs of a model in a precision, and how they read its weights. */
export interface InPrecision<Own extends Programs> {
  readonly programs: Own;
  /** Of each weight that they read in 8 bits. */
  readonly forms: ReadonlyMap<string, Int8Form>;
}

/** What a precision makes of all programs of an adapted model that share its weights. */
export function inPrecision<Own extends Programs>(
  { precision }: { readonly precision: Precision },
  {
    encoder,
    trained,
  }: { readonly encoder: Pick<Encoder, "parameters" | "wordTable">; readonly trained: readonly Parameter[] },
  programs: Own,
): InPrecision<Own> {
  if (precision === "float32") return { programs, forms: new Map() };
  const changing = new Set(trained.map(({ name }) => name));
  const frozen = new Set(
    encoder.parameters.flatMap(({ name, kind, part }) =>
      (kind === "weight" || name === encoder.wordTable) && part === "encoder" && !changing.has(name) ? [name] : [],
    ),
  );
  const forms = int8Forms(Object.values(programs), (name) => frozen.has(name));
  const quick = Object.entries(programs).map(([name, outputs]) => [
    name,
    int8Products(outputs, (weight) => forms.get(weight)),
  ]);
  return { programs: Object.fromEntries(quick) as Own, forms };
}

/** A program that reads weights as a store has them. */
export const asStored = (outputs: Outputs, weights: Readonly<Record<string, unknown>>): Outputs =>
  int8Products(outputs, (weight) => INT8_FORMS.find((form) => int8Inputs(weight, form).values in weights));

/** Parameters as those programs read them; bytes in ±`largest`. */
export function storedAsRead(
  parameters: readonly Parameter[],
  { programs, forms }: InPrecision<Programs>,
  largest: number,
): StoredParameter[] {
  const nodes = Object.values(programs).flatMap((outputs) => nodesInOrder(Object.values(outputs)));
  const read = new Set(nodes.map(({ outputs: [y] }) => y && inputName(y)));
  return parameters.map((parameter) => {
    const form = forms.get(parameter.name);
    return form ? { ...parameter, int8: { form, largest, float32: read.has(parameter.name) } } : parameter;
  });
}
