/**
 * In how many bits products with weights are computed: as they are; those with frozen weights in 8; or those with trained
 * weights of the encoder as well, except for their gradients. Heads, adapters, norms, softmax and attention's own products are
 * float32 in any.
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

/**
 * Of training. "int8-all": SwitchBack (Wortsman et al. 2023, arXiv 2304.13013): products with trained weights in 8 bits in the
 * forward pass and in gradients of activations, gradients of weights in float32, and the bytes made anew after each update.
 */
export const trainPrecisionNames = [...precisionNames, "int8-all"] as const;
export type TrainPrecision = (typeof trainPrecisionNames)[number];

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
  /** Names of what is trained: kept in float32 in any case. */
  readonly changing: ReadonlySet<string>;
}

/** What a precision makes of all programs of an adapted model that share its weights. */
export function inPrecision<Own extends Programs>(
  { precision }: { readonly precision: TrainPrecision },
  {
    encoder,
    trained,
  }: { readonly encoder: Pick<Encoder, "parameters" | "wordTable">; readonly trained: readonly Parameter[] },
  programs: Own,
): InPrecision<Own> {
  const changing = new Set(trained.map(({ name }) => name));
  if (precision === "float32") return { programs, forms: new Map(), changing };
  const quantized = new Set(
    encoder.parameters.flatMap(({ name, kind, part }) => {
      const isFrozen = !changing.has(name) && (kind === "weight" || name === encoder.wordTable);
      const isAlso = precision === "int8-all" && kind === "weight" && name !== encoder.wordTable;
      return part === "encoder" && (isFrozen || isAlso) ? [name] : [];
    }),
  );
  const found = int8Forms(Object.values(programs), (name) => quantized.has(name));
  // Made anew at each step, bytes stand as the weight does.
  const forms = new Map([...found].map(([name, form]) => [name, changing.has(name) ? "int8" : form]));
  const quick = Object.entries(programs).map(([name, outputs]) => [
    name,
    int8Products(outputs, (weight) => forms.get(weight)),
  ]);
  return { programs: Object.fromEntries(quick) as Own, forms, changing };
}

/** A program that reads weights as a store has them. */
export const asStored = (outputs: Outputs, weights: Readonly<Record<string, unknown>>): Outputs =>
  int8Products(outputs, (weight) => INT8_FORMS.find((form) => int8Inputs(weight, form).values in weights));

/** Parameters as those programs read them; bytes in ±`largest`. */
export function storedAsRead(
  parameters: readonly Parameter[],
  { programs, forms, changing }: InPrecision<Programs>,
  largest: number,
): StoredParameter[] {
  const nodes = Object.values(programs).flatMap((outputs) => nodesInOrder(Object.values(outputs)));
  const read = new Set(nodes.map(({ outputs: [y] }) => y && inputName(y)));
  return parameters.map((parameter) => {
    const { name } = parameter;
    const form = forms.get(name);
    const float32 = read.has(name) || changing.has(name);
    return form ? { ...parameter, int8: { form, largest, float32 } } : parameter;
  });
}
