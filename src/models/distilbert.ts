/** DistilBERT (Sanh et al. 2019, arXiv 1910.01108) with Transformers' sequence-classification head. */
import { z } from "zod";
import { activation, rate, size } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { type LayerNames, postNorm } from "./post-norm.ts";

/** The keys of config.json that change what DistilBERT computes, with Transformers' defaults. */
const config = z
  .looseObject({
    model_type: z.literal("distilbert"),
    vocab_size: size.default(30522),
    dim: size.default(768),
    n_layers: size.default(6),
    n_heads: size.default(12),
    hidden_dim: size.default(3072),
    activation: activation.default("gelu"),
    dropout: rate.default(0.1),
    attention_dropout: rate.default(0.1),
    seq_classif_dropout: rate.default(0.2),
    max_position_embeddings: size.default(512),
    initializer_range: z.number().positive().default(0.02),
  })
  .refine(({ dim, n_heads }) => dim % n_heads === 0, { path: ["dim"], error: "it is not a multiple of n_heads" });

/** Fixed: its config has no such key. */
const EPSILON = 1e-12;

/** DistilBERT of a config.json with a head for `labelCount` labels. */
export function distilbert(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  return postNorm(
    {
      type: "distilbert",
      architecture: "DistilBertForSequenceClassification",
      bareArchitecture: "DistilBertModel",
      prefix: "distilbert.",
      hiddenSize: own.dim,
      intermediateSize: own.hidden_dim,
      layers: own.n_layers,
      heads: own.n_heads,
      vocabularySize: own.vocab_size,
      positionRows: own.max_position_embeddings,
      maxPositions: own.max_position_embeddings,
      typeRows: 0,
      activation: own.activation,
      epsilon: EPSILON,
      initializerRange: own.initializer_range,
      dropout: {
        embeddings: own.dropout,
        probabilities: own.attention_dropout,
        attentionOutput: 0,
        output: own.dropout,
      },
      namesOf,
      head: {
        dense: { module: "pre_classifier", activation: "relu", part: "classifier" },
        dropout: own.seq_classif_dropout,
        classifier: "classifier",
      },
      languageHead: {
        architecture: "DistilBertForMaskedLM",
        dense: { module: "vocab_transform", activation: own.activation },
        norm: { module: "vocab_layer_norm", epsilon: EPSILON },
        bias: "vocab_projector.bias",
      },
    },
    labelCount,
  );
}

const namesOf = (layer: number): LayerNames => {
  const name = `transformer.layer.${layer}`;
  return {
    query: `${name}.attention.q_lin`,
    key: `${name}.attention.k_lin`,
    value: `${name}.attention.v_lin`,
    attentionOutput: `${name}.attention.out_lin`,
    attentionNorm: `${name}.sa_layer_norm`,
    intermediate: `${name}.ffn.lin1`,
    output: `${name}.ffn.lin2`,
    outputNorm: `${name}.output_layer_norm`,
  };
};
