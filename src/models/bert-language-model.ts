/** BERT with Transformers' masked-language head (BertForMaskedLM): a transform, and the word table once more. */
import { activations, linear } from "../graph/nn.ts";
import { layerNorm } from "../graph/ops/reduce.ts";
import { type BertConfig, bert } from "./bert.ts";
import type { Parameter } from "./encoder.ts";
import type { LanguageModel } from "./language-model.ts";

const HEAD = "cls.predictions";

export function bertLanguageModel(config: BertConfig): LanguageModel {
  const encoder = bert(config, 1);
  const { hidden_size: hidden, vocab_size: vocabulary } = config;
  const declared = (name: string, shape: readonly number[], kind: Parameter["kind"]): Parameter => ({
    name: `${HEAD}.${name}`,
    shape,
    kind,
    part: "classifier",
  });
  const parameters = [
    ...encoder.parameters.filter(({ part }) => part === "encoder"),
    declared("transform.dense.weight", [hidden, hidden], "weight"),
    declared("transform.dense.bias", [hidden], "bias"),
    declared("transform.LayerNorm.weight", [hidden], "layerNormWeight"),
    declared("transform.LayerNorm.bias", [hidden], "layerNormBias"),
    declared("bias", [vocabulary], "bias"),
  ];
  return {
    encoder: {
      ...encoder,
      parameters,
      linears: encoder.linears.filter(({ weight }) => parameters.some(({ name }) => name === weight)),
    },
    architecture: "BertForMaskedLM",
    guess: (scope, x) => {
      const own = (name: string) => scope.parameter(`${HEAD}.${name}`);
      const dense = linear(x, own("transform.dense.weight"), own("transform.dense.bias"));
      const raised = activations[config.hidden_act]!(dense);
      const normed = layerNorm(
        raised,
        own("transform.LayerNorm.weight"),
        own("transform.LayerNorm.bias"),
        config.layer_norm_eps,
      );
      // The decoder is tied: a token's score is its word vector's product with what is expected.
      return linear(normed, scope.parameter(encoder.wordTable), own("bias"));
    },
  };
}
