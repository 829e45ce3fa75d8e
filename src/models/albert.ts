/** ALBERT (Lan et al. 2019, arXiv 1909.11942), whose layers share parameters, with Transformers' head. */
import { z } from "zod";
import { activation, bertKeys, rate, size, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { type LayerNames, postNorm } from "./post-norm.ts";

/** The keys of config.json that change what ALBERT computes, with Transformers' defaults: those of the largest one. */
const config = z
  .looseObject({
    ...bertKeys,
    model_type: z.literal("albert"),
    vocab_size: size.default(30000),
    embedding_size: size.default(128),
    hidden_size: size.default(4096),
    num_hidden_groups: size.default(1),
    num_attention_heads: size.default(64),
    intermediate_size: size.default(16384),
    inner_group_num: size.default(1),
    hidden_act: activation.default("gelu_new"),
    hidden_dropout_prob: rate.default(0),
    attention_probs_dropout_prob: rate.default(0),
    classifier_dropout_prob: rate.default(0.1),
  })
  .refine(...wholeHeads)
  .refine((own) => own.num_hidden_groups <= own.num_hidden_layers, {
    path: ["num_hidden_groups"],
    error: "there are more groups than layers",
  });

/** ALBERT of a config.json with a head for `labelCount` labels; a layer is a pass through one of its shared ones. */
export function albert(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { num_hidden_layers: layers, inner_group_num: inner, num_hidden_groups: groups } = own;
  const sizes = sizesOf(own);
  return postNorm(
    {
      type: "albert",
      architecture: "AlbertForSequenceClassification",
      bareArchitecture: "AlbertModel",
      prefix: "albert.",
      ...sizes,
      layers: layers * inner,
      embeddings: { size: own.embedding_size, projection: "encoder.embedding_hidden_mapping_in" },
      dropout: { ...sizes.dropout, output: 0 }, // There is a module for it, which is not used.
      namesOf: (pass) => namesOf(Math.floor(Math.floor(pass / inner) / (layers / groups)), pass % inner),
      head: {
        dense: { module: "albert.pooler", activation: "tanh", part: "pooler" },
        dropout: own.classifier_dropout_prob,
        classifier: "classifier",
      },
      languageHead: {
        architecture: "AlbertForMaskedLM",
        dense: { module: "predictions.dense", activation: own.hidden_act },
        norm: { module: "predictions.LayerNorm", epsilon: own.layer_norm_eps },
        bias: "predictions.bias",
      },
    },
    labelCount,
  );
}

function namesOf(group: number, inner: number): LayerNames {
  const name = `encoder.albert_layer_groups.${group}.albert_layers.${inner}`;
  return {
    query: `${name}.attention.query`,
    key: `${name}.attention.key`,
    value: `${name}.attention.value`,
    attentionOutput: `${name}.attention.dense`,
    attentionNorm: `${name}.attention.LayerNorm`,
    intermediate: `${name}.ffn`,
    output: `${name}.ffn_output`,
    outputNorm: `${name}.full_layer_layer_norm`,
  };
}
