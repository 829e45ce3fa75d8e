/** Where each family drops values in training: the calls of torch.nn.functional.dropout in Transformers 5.18, one layer each. */
import { expect, test } from "vitest";
import { buildEncoder } from "../../../src/models/registry.ts";
import { trainingProgram } from "../../../src/train/program.ts";

const bert = {
  ...{ vocab_size: 9, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 12 },
  ...{ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.2, classifier_dropout: 0.3 },
};
const scores = "batch,2,length,length";
const families: Readonly<Record<string, readonly [object, readonly string[]]>> = {
  distilbert: [
    {
      ...{ vocab_size: 9, dim: 8, n_layers: 1, n_heads: 2, hidden_dim: 12 },
      ...{ dropout: 0.1, attention_dropout: 0.2, seq_classif_dropout: 0.3 },
    },
    ["embeddings 0.1 8", "layer.0.attention 0.2", "layer.0.output 0.1 8", "classifier 0.3 8"],
  ],
  roberta: [
    bert,
    [
      ...["embeddings 0.1 8", "layer.0.attention 0.2", "layer.0.attention.output 0.1 8", "layer.0.output 0.1 8"],
      ...["head 0.3 8", "classifier 0.3 8"],
    ],
  ],
  electra: [
    { ...bert, embedding_size: 6 },
    [
      ...["embeddings 0.1 6", "layer.0.attention 0.2", "layer.0.attention.output 0.1 8", "layer.0.output 0.1 8"],
      ...["head 0.3 8", "classifier 0.3 8"],
    ],
  ],
  albert: [
    { ...bert, embedding_size: 6, classifier_dropout_prob: 0.4 },
    ["embeddings 0.1 6", "layer.0.attention 0.2", "layer.0.attention.output 0.1 8", "classifier 0.4 8"],
  ],
  mpnet: [
    bert,
    [
      ...["embeddings 0.1 8", "layer.0.attention 0.2", "layer.0.attention.output 0.1 8", "layer.0.output 0.1 8"],
      ...["head 0.1 8", "classifier 0.1 8"],
    ],
  ],
  modernbert: [
    {
      ...{ ...bert, embedding_dropout: 0.1, attention_dropout: 0.2, mlp_dropout: 0.3 },
      ...{ classifier_dropout: 0.4, max_position_embeddings: 16 },
    },
    [
      ...["embeddings 0.1 8", "layer.0.attention 0.2", "layer.0.attention.output 0.2 8", "layer.0.output 0.3 12"],
      "classifier 0.4 8",
    ],
  ],
  "deberta-v2": [
    {
      ...{ ...bert, relative_attention: true, pos_att_type: "p2c|c2p", share_att_key: true, position_buckets: 4 },
      ...{ conv_kernel_size: 3, pooler_dropout: 0.3, cls_dropout: 0.4 },
    },
    [
      ...["embeddings 0.1 8", "layer.0.positions 0.1 8", "layer.0.attention 0.2", "layer.0.attention.output 0.1 8"],
      ...["layer.0.output 0.1 8", "convolution 0.1 8", "head 0.3 8", "classifier 0.4 8"],
    ],
  ],
};

test.each(Object.entries(families))("%s drops values where Transformers does", (family, [config, expected]) => {
  const encoder = buildEncoder({ model_type: family, ...config }, 3, "config.json");
  const { masks } = trainingProgram(encoder, encoder.parameters);
  const found = masks.map(({ site, rate, shape }) =>
    shape.length === 4 ? [site, rate].join(" ") : [site, rate, shape[1]].join(" "),
  );
  expect(found).toEqual(expected);
  expect(masks.filter(({ shape }) => shape.length === 4).map(({ shape }) => shape.join())).toEqual([scores]);
});
