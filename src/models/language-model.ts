/** An encoder with the head that Transformers' masked-language models have: what pre-training trains. */
import { activations, linear } from "../graph/nn.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normByDescription } from "./classification-head.ts";
import { Declarations } from "./declarations.ts";
import type { Encoder } from "./encoder.ts";
import type { LanguageHeadDescription } from "./head-choice.ts";
import type { Scope } from "./scope.ts";

export interface LanguageModel {
  /** With the parameters of the language head, and without pooler and classifier. */
  readonly encoder: Omit<Encoder, "logits" | "pool">;
  /** Name of the whole in Transformers. */
  readonly architecture: string;
  /** Hidden states [rows, hidden] → logits [rows, vocabulary]. */
  guess(scope: Scope, hidden: Tensor): Tensor;
}

/** The encoder with that head, which takes hidden states to the width of word vectors. */
export function languageModel(encoder: Encoder, head: LanguageHeadDescription): LanguageModel {
  const { hiddenSize, embeddingSize, vocabularySize, wordTable } = encoder;
  const { dense, norm, bias } = head;
  const declarations = new Declarations();
  const place = { part: "classifier", ...(dense.start && { draw: dense.start }) } as const;
  const site = declarations.linear("headDense", dense.module, [embeddingSize, hiddenSize], place, dense);
  declarations.norm(norm.module, embeddingSize, place, norm);
  if (bias !== undefined) declarations.declare(bias, [vocabularySize], "bias", place);
  const ofEncoder = encoder.parameters.filter(({ part }) => part === "encoder");
  const names = new Set(ofEncoder.map(({ name }) => name));
  return {
    encoder: {
      ...encoder,
      parameters: [...ofEncoder, ...declarations.parameters],
      linears: [...encoder.linears.filter(({ weight }) => names.has(weight)), ...declarations.linears],
    },
    architecture: head.architecture,
    guess: (scope, x) => {
      const raised = activations[dense.activation]!(scope.linear(site, x));
      const expected = normByDescription(scope, norm, raised); // [rows, embedding]
      // The decoder is tied: a token's score is its word vector's product with what is expected.
      return linear(expected, scope.parameter(wordTable), bias === undefined ? undefined : scope.parameter(bias));
    },
  };
}
