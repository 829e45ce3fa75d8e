/** An encoder with a head that guesses masked tokens: what pre-training trains. */
import type { Tensor } from "../graph/tensor.ts";
import type { Encoder } from "./encoder.ts";
import type { Scope } from "./scope.ts";

export interface LanguageModel {
  /** With the parameters of the language head, and without pooler and classifier. */
  readonly encoder: Omit<Encoder, "logits" | "pool">;
  /** Name of the whole in Transformers. */
  readonly architecture: string;
  /** Hidden states [rows, hidden] → logits [rows, vocabulary]. */
  guess(scope: Scope, hidden: Tensor): Tensor;
}
