/**
 * Encoders of base size, one of each family: what config.json says. All have BERT's vocabulary, so that one tokenizer serves
 * them: rows that are not looked up take no time.
 */

export const VOCABULARY = 30522;

const bert = {
  vocab_size: VOCABULARY,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  initializer_range: 0.02,
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
};
const withOffset = { ...bert, max_position_embeddings: 514, layer_norm_eps: 1e-5, pad_token_id: 1 };

interface Base {
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of what LoRA adapts by default, where PEFT has none of its own. */
  readonly peftTargets?: string;
}

export const baseModels = {
  "bert-base": { config: { architectures: ["BertModel"], model_type: "bert", ...bert } },
  "distilbert-base": {
    config: {
      ...{ architectures: ["DistilBertModel"], model_type: "distilbert", vocab_size: VOCABULARY, pad_token_id: 0 },
      ...{ dim: 768, n_layers: 6, n_heads: 12, hidden_dim: 3072, max_position_embeddings: 512 },
    },
    peftTargets: "q_lin,v_lin",
  },
  "roberta-base": {
    config: { architectures: ["RobertaModel"], model_type: "roberta", ...withOffset, type_vocab_size: 1 },
  },
  "electra-base": {
    config: { architectures: ["ElectraModel"], model_type: "electra", ...bert, embedding_size: 768 },
  },
  "mpnet-base": {
    config: { architectures: ["MPNetModel"], model_type: "mpnet", ...withOffset },
    peftTargets: "q,v",
  },
  "albert-base": {
    config: {
      ...{ architectures: ["AlbertModel"], model_type: "albert", ...bert, embedding_size: 128, hidden_act: "gelu_new" },
      ...{ hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, classifier_dropout_prob: 0.1 },
    },
    peftTargets: "query,value",
  },
  "modernbert-base": {
    config: {
      ...{ architectures: ["ModernBertModel"], model_type: "modernbert", vocab_size: VOCABULARY, pad_token_id: 0 },
      ...{ hidden_size: 768, num_hidden_layers: 22, num_attention_heads: 12, intermediate_size: 1152 },
      ...{ max_position_embeddings: 8192, classifier_pooling: "mean", cls_token_id: 101, sep_token_id: 102 },
      ...{ bos_token_id: 101, eos_token_id: 102, global_attn_every_n_layers: 3, local_attention: 128 },
      ...{ global_rope_theta: 160000, local_rope_theta: 10000 },
    },
    peftTargets: "Wqkv",
  },
  // Version 3's.
  "deberta-base": {
    config: {
      ...{ architectures: ["DebertaV2Model"], model_type: "deberta-v2", ...bert, type_vocab_size: 0 },
      ...{ layer_norm_eps: 1e-7, relative_attention: true, position_buckets: 256, norm_rel_ebd: "layer_norm" },
      ...{ share_att_key: true, pos_att_type: "p2c|c2p", position_biased_input: false },
    },
  },
} as const satisfies Readonly<Record<string, Base>>;

export type BaseModel = keyof typeof baseModels;

export const peftTargetsOf = (kind: string): string | undefined =>
  (baseModels as Readonly<Record<string, Base>>)[kind]?.peftTargets;
