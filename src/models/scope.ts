/** How a forward pass reaches what its model does not fix: its parameters, and the sites that a method may change. */
import { linear } from "../graph/nn.ts";
import { input } from "../graph/ops/leaf.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Roles of the linear layers of an encoder. */
export type LinearRole =
  | "query"
  | "key"
  | "value"
  | "attentionOutput"
  | "intermediate"
  | "output"
  /** Rows for query, key and value in one, and for gate and value of a gated feed-forward. */
  | "queryKeyValue"
  | "gatedIntermediate"
  /** What relative positions are projected by. */
  | "positionKey"
  | "positionQuery"
  /** From the width of embeddings to the hidden size. */
  | "embeddingProjection"
  | "pooler"
  /** A dense layer of the head that is new for each task. */
  | "headDense"
  | "classifier";

/** A linear layer: x Wᵀ + b, or x Wᵀ. Layers that share one have one site. */
export interface LinearSite {
  readonly role: LinearRole;
  readonly layer?: number;
  /** Names of its parameters. */
  readonly weight: string;
  readonly bias?: string;
}

/** A method changes a program by wrapping a scope; training and evaluation differ in `dropout` only. */
export interface Scope {
  parameter(name: string): Tensor;
  linear(site: LinearSite, x: Tensor): Tensor;
  /** `site` names the place, for the random numbers: equal places draw equal masks at equal steps. */
  dropout(x: Tensor, rate: number, site: string): Tensor;
  /** Word vectors [tokens, hidden], before anything is added to them. */
  words(x: Tensor): Tensor;
  /** What the queries of a layer meet. */
  attended(layer: number, x: Attended): Attended;
  /** What a sub-layer of a layer puts out [tokens, hidden], before dropout and the residual. */
  sublayer(role: SublayerRole, layer: number, x: Tensor): Tensor;
  /** Every place whose value could be computed once for each text, where nothing below it changes: layer outputs, pooled vectors. */
  mayFreeze(x: Tensor): Tensor;
  /** Where in its text the pooled token stands, and from where on heads pool several. */
  readonly pooledPosition: number;
}

/** The two halves of a transformer layer. */
export type SublayerRole = "attention" | "feedForward";

/** Keys and values [batch, heads, length, dim], and what is added to the scores, [batch, 1, 1, length]. */
export interface Attended {
  readonly key: Tensor;
  readonly value: Tensor;
  readonly bias: Tensor;
}

/** The model as it is: each parameter an input of the program, each linear layer just that. */
export function plainScope(
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
  dropout: Scope["dropout"],
): Scope {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const tensors = new Map<string, Tensor>();
  const parameter = (name: string): Tensor => {
    if (!tensors.has(name)) tensors.set(name, input(name, "float32", shapes.get(name)!));
    return tensors.get(name)!;
  };
  return {
    parameter,
    linear: ({ weight, bias }, x) => linear(x, parameter(weight), bias === undefined ? undefined : parameter(bias)),
    dropout,
    words: (x) => x,
    attended: (_layer, x) => x,
    sublayer: (_role, _layer, x) => x,
    mayFreeze: (x) => x,
    pooledPosition: 0,
  };
}
