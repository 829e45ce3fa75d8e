/** config.json of an encoder that begins with drawn weights, with the sizes that were asked for. */
import type { Tokenizer } from "../tokens/tokenizer.ts";
import { SPECIAL_TOKENS } from "./learn-vocabulary.ts";

/** Families of which a new model can be made. */
export const newFamilies = ["bert", "modernbert", "deberta-v2"] as const;
export type NewFamily = (typeof newFamilies)[number];

export interface NewModel {
  readonly family: NewFamily;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate?: number | undefined;
  readonly positions: number;
}

const idOf = (token: (typeof SPECIAL_TOKENS)[number]): number => SPECIAL_TOKENS.indexOf(token);

/** config.json of a new model whose texts that tokenizer reads. */
export function newConfig(own: NewModel, { largestId }: Pick<Tokenizer, "largestId">): Record<string, unknown> {
  const { architecture, keys } = families[own.family];
  return {
    architectures: [architecture],
    model_type: own.family,
    vocab_size: largestId + 1,
    hidden_size: own.hidden,
    num_hidden_layers: own.layers,
    num_attention_heads: own.heads,
    ...keys(own),
    pad_token_id: idOf("[PAD]"),
  };
}

const families: Readonly<Record<NewFamily, { readonly architecture: string; keys(own: NewModel): object }>> = {
  bert: {
    architecture: "BertForMaskedLM",
    keys: ({ hidden, intermediate, positions }) => ({
      intermediate_size: intermediate ?? 4 * hidden,
      hidden_act: "gelu",
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      max_position_embeddings: positions,
      type_vocab_size: 2,
      initializer_range: 0.02,
      layer_norm_eps: 1e-12,
    }),
  },
  modernbert: {
    architecture: "ModernBertForMaskedLM",
    // Windows, angles and pooling as in ModernBERT-base; a gated layer is two, so each is narrower.
    keys: ({ hidden, intermediate, positions }) => ({
      intermediate_size: intermediate ?? Math.round(1.5 * hidden),
      hidden_activation: "gelu",
      max_position_embeddings: positions,
      norm_eps: 1e-5,
      local_attention: 128,
      global_attn_every_n_layers: 3,
      global_rope_theta: 160000,
      local_rope_theta: 10000,
      classifier_pooling: "mean",
      initializer_range: 0.02,
      bos_token_id: idOf("[CLS]"),
      cls_token_id: idOf("[CLS]"),
      eos_token_id: idOf("[SEP]"),
      sep_token_id: idOf("[SEP]"),
    }),
  },
  "deberta-v2": {
    architecture: "DebertaV2ForMaskedLM",
    // As DeBERTa-v3-small, whose buckets are half as many as its positions.
    keys: ({ hidden, intermediate, positions }) => ({
      intermediate_size: intermediate ?? 4 * hidden,
      hidden_act: "gelu",
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      max_position_embeddings: positions,
      type_vocab_size: 0,
      initializer_range: 0.02,
      layer_norm_eps: 1e-7,
      relative_attention: true,
      max_relative_positions: -1,
      position_buckets: Math.min(256, positions >> 1),
      norm_rel_ebd: "layer_norm",
      share_att_key: true,
      pos_att_type: "p2c|c2p",
      position_biased_input: false,
      pooler_dropout: 0,
      pooler_hidden_act: "gelu",
      pooler_hidden_size: hidden,
    }),
  },
};
