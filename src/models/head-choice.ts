/** Which heads there are, by name. */

/**
 * - `pooler`: Transformers' own, a dense layer with tanh on [CLS]
 * - `cls`: [CLS] as it is
 * - `mean`, `max`: over all tokens, for each dimension
 * - `attention`: a weighted mean, with weights that are learned for each attention head
 */
export const poolings = ["pooler", "cls", "mean", "max", "attention"] as const;
export type Pooling = (typeof poolings)[number];
export type HeadName = Pooling | `${Pooling}+mlp`;
export const headNames: readonly HeadName[] = poolings.flatMap((pooling) => [pooling, `${pooling}+mlp`] as const);

export interface HeadChoice {
  /** `+mlp` puts a hidden layer with GELU, LayerNorm and dropout before the last one. */
  readonly head: HeadName;
  /** Size of the hidden layer. @default the encoder's hidden size */
  readonly mlpSize?: number | undefined;
  /** Dropout before the last layer. @default the model's */
  readonly headDropout?: number | undefined;
}

/** The head of Transformers' sequence classifiers. */
export const ownHead: HeadChoice = { head: "pooler" };

export const isOwnHead = ({ head, headDropout }: HeadChoice): boolean => head === "pooler" && headDropout === undefined;

/** Whether Transformers' classifier computes the same; dropout makes no difference there. */
export const isTransformersHead = ({ head }: HeadChoice): boolean => head === "pooler";
