/**
 * What a model publishes: its parameters, its sites by role, and its forward pass. Methods choose roles; nothing outside
 * a model's own file knows the names of its weights.
 */
import { sizeOf } from "../base/size-of.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { BatchLayout, BatchTensors, VirtualTokens } from "./batch.ts";
import type { Draw, HeadChoice, HeadDescription, LanguageHeadDescription } from "./head-choice.ts";
import type { LinearSite, Scope } from "./scope.ts";
import type { StoredForm } from "./stored-form.ts";

export type ParameterKind = "weight" | "bias" | "embedding" | "layerNormWeight" | "layerNormBias";

export interface Parameter {
  /** The name in a Transformers checkpoint of a sequence classifier. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /**
   * `encoder` comes from the pretrained file; `pooler` and `classifier` are drawn when it lacks them; `adapter` is what a
   * method added.
   */
  readonly part: "encoder" | "pooler" | "classifier" | "adapter";
  /** Transformer layer, from 0; absent in embeddings and head. */
  readonly layer?: number;
  /** How it is drawn where a file has none. @default with the encoder's deviation */
  readonly draw?: Draw;
  /** How a checkpoint holds it. @default in its own shape, under its name */
  readonly stored?: StoredForm;
}

/** Whether a parameter stands on the encoder: it has the head's learning rate. */
export const isOfHead = ({ part }: Parameter): boolean => part === "pooler" || part === "classifier";

/** Hidden states [tokens, hidden], and the batch they belong to. */
export interface Encoded {
  readonly hidden: Tensor;
  readonly batch: BatchTensors;
}

/** A pretrained encoder with a classification head, described but not loaded. */
export interface Encoder extends BatchLayout {
  /** `model_type` of config.json. */
  readonly type: string;
  /** Name of the classifier in Transformers, for `architectures`, and of the encoder alone. */
  readonly architecture: string;
  readonly bareArchitecture: string;
  readonly hiddenSize: number;
  /** Width of word vectors, where a layer of its own takes them to the hidden size. */
  readonly embeddingSize: number;
  readonly layers: number;
  /** Layers that are one, run again: their parameters and sites belong to the first. @default none */
  readonly sameLayers?: readonly (readonly number[])[];
  readonly heads: number;
  readonly vocabularySize: number;
  /** Kinds of tokens that it tells apart: of the first text, and of the second of a pair; 0 where it reads no types. */
  readonly tokenTypes: number;
  /** The longest text in tokens; virtual tokens leave less. */
  readonly maxPositions: number;
  /** What stands before each text in a batch. */
  readonly virtual: VirtualTokens;
  /** Standard deviation with which fresh weights are drawn. */
  readonly initializerRange: number;
  readonly parameters: readonly Parameter[];
  readonly linears: readonly LinearSite[];
  /** The head that stands on it; `withHead` exchanges it. */
  readonly head: HeadChoice;
  /** Its own head, as Transformers has it. */
  readonly classificationHead: HeadDescription;
  /** The head with which it is pre-trained, as Transformers has it. */
  readonly languageHead: LanguageHeadDescription;
  /** Name of the table of word vectors [vocabulary, embeddingSize]. */
  readonly wordTable: string;
  /** Other names under which a checkpoint may hold a parameter, the usual one first. */
  checkpointNames(parameter: string): readonly string[];
  /** The last hidden states of a packed batch, whose fields are inputs of the program. */
  encode(scope: Scope): Encoded;
  /** One vector for each text, as the model's own head makes it: [batch, hidden]. */
  pool(scope: Scope, encoded: Encoded): Tensor;
  /** Logits [batch, labels] of a packed batch, whose fields are inputs of the program. */
  logits(scope: Scope): Tensor;
}

/** How many numbers parameters hold together. */
export const parameterCount = (parameters: readonly Pick<Parameter, "shape">[]): number =>
  parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
