/** Which heads there are, by name, and how an encoder describes those that Transformers gives it. */

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

/** How fresh weights are drawn: normal, and again where they are more than `cutoff` deviations away. */
export interface Draw {
  readonly deviation: number;
  readonly cutoff: number;
}

/** A LayerNorm of a head. */
export interface NormDescription {
  /** Its name in the checkpoint. */
  readonly module: string;
  readonly epsilon: number;
  /** @default true */
  readonly bias?: boolean;
}

/** A dense layer with an activation on what stands for the text, and a linear layer on that. */
export interface HeadDescription {
  /** [CLS], or the mean of all tokens. @default cls */
  readonly reads?: "cls" | "mean";
  /** Dropout of what the dense layer reads. @default 0 */
  readonly inputDropout?: number;
  readonly dense: {
    /** Its name in the checkpoint. */
    readonly module: string;
    /** As Transformers calls it: one of `activations`, or tanh. */
    readonly activation: string;
    /** `pooler` where pretrained files have it and adapters do not store it; `classifier` where it is new for each task. */
    readonly part: "pooler" | "classifier";
    /** @default true */
    readonly bias?: boolean;
    /** A LayerNorm after the activation. @default none */
    readonly norm?: NormDescription;
    /** @default as the encoder's weights */
    readonly start?: Draw;
  };
  /** Dropout before the last layer. */
  readonly dropout: number;
  /** Name of the last layer in the checkpoint. */
  readonly classifier: string;
  /** @default as the encoder's weights */
  readonly classifierStart?: Draw;
}

/**
 * The head of a masked-language model: a dense layer with an activation and a LayerNorm, then each word vector's product with
 * what comes out.
 */
export interface LanguageHeadDescription {
  /** Name of the whole in Transformers. */
  readonly architecture: string;
  readonly dense: Omit<HeadDescription["dense"], "part" | "norm">;
  readonly norm: NormDescription;
  /** Name of the bias of tokens' scores in the checkpoint. @default none */
  readonly bias?: string;
}

/** The name by which adapters keep the dense layer, where they do: that of the module that holds it. */
export const denseModule = ({ dense }: HeadDescription): string =>
  dense.module.replace(/\.dense$/, "").replace(/^.*\./, "");
