/** BERT (Devlin et al. 2019, arXiv 1810.04805) with Transformers' sequence-classification head. */
import { z } from "zod";
import { activations } from "../graph/nn.ts";
import type { Encoder } from "./encoder.ts";
import { type LayerNames, postNorm } from "./post-norm.ts";

const size = z.number().int().positive();
const rate = z.number().min(0).lt(1);

/** The keys of config.json that change what BERT computes, with Transformers' defaults. */
export const bertConfig = z
  .looseObject({
    model_type: z.literal("bert"),
    vocab_size: size.default(30522),
    hidden_size: size.default(768),
    num_hidden_layers: size.default(12),
    num_attention_heads: size.default(12),
    intermediate_size: size.default(3072),
    hidden_act: z.enum(Object.keys(activations) as [string, ...string[]]).default("gelu"),
    hidden_dropout_prob: rate.default(0.1),
    attention_probs_dropout_prob: rate.default(0.1),
    classifier_dropout: rate.nullable().default(null),
    max_position_embeddings: size.default(512),
    type_vocab_size: size.default(2),
    initializer_range: z.number().positive().default(0.02),
    layer_norm_eps: z.number().positive().default(1e-12),
    position_embedding_type: z.literal("absolute").default("absolute"),
    is_decoder: z.literal(false).default(false),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ["hidden_size"],
    error: "it is not a multiple of num_attention_heads",
  });
export type BertConfig = z.infer<typeof bertConfig>;

/** BERT with a head for `labelCount` labels. */
export function bert(config: BertConfig, labelCount: number): Encoder {
  const { hidden_dropout_prob: hiddenDropout } = config;
  return postNorm(
    {
      type: "bert",
      architecture: "BertForSequenceClassification",
      bareArchitecture: "BertModel",
      prefix: "bert.",
      hiddenSize: config.hidden_size,
      intermediateSize: config.intermediate_size,
      layers: config.num_hidden_layers,
      heads: config.num_attention_heads,
      vocabularySize: config.vocab_size,
      positionRows: config.max_position_embeddings,
      maxPositions: config.max_position_embeddings,
      tokenTypes: config.type_vocab_size,
      activation: config.hidden_act,
      epsilon: config.layer_norm_eps,
      initializerRange: config.initializer_range,
      dropout: {
        embeddings: hiddenDropout,
        probabilities: config.attention_probs_dropout_prob,
        attentionOutput: hiddenDropout,
        output: hiddenDropout,
      },
      namesOf: bertLayerNames,
      head: {
        dense: { module: "bert.pooler.dense", activation: "tanh", part: "pooler" },
        dropout: config.classifier_dropout ?? hiddenDropout,
        classifier: "classifier",
      },
    },
    labelCount,
  );
}

/** The names that BERT gave the modules of a layer, and that families after it kept. */
export const bertLayerNames = (layer: number): LayerNames => {
  const name = `encoder.layer.${layer}`;
  return {
    query: `${name}.attention.self.query`,
    key: `${name}.attention.self.key`,
    value: `${name}.attention.self.value`,
    attentionOutput: `${name}.attention.output.dense`,
    attentionNorm: `${name}.attention.output.LayerNorm`,
    intermediate: `${name}.intermediate.dense`,
    output: `${name}.output.dense`,
    outputNorm: `${name}.output.LayerNorm`,
  };
};
