/** A tiny pretrained encoder of each family but BERT as a model folder, and texts to train it on. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { normal, randomKey } from "../src/base/random.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { storedTensors } from "../src/models/stored-form.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";
import { tinyFolder } from "./methods-folder.ts";

const bert = { hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 37 };
/** What config.json says of each, besides what all have. */
const families: Readonly<Record<string, object>> = {
  distilbert: { dim: 24, n_layers: 2, n_heads: 3, hidden_dim: 37 },
  roberta: { ...bert, type_vocab_size: 1, pad_token_id: 1 },
  electra: { ...bert, embedding_size: 12 },
  mpnet: bert,
  albert: { ...bert, embedding_size: 12 },
  modernbert: { ...bert, num_hidden_layers: 4, local_attention: 4, classifier_pooling: "mean" },
  "deberta-v2": {
    ...{ ...bert, relative_attention: true, pos_att_type: "p2c|c2p", share_att_key: true, position_buckets: 4 },
    ...{ norm_rel_ebd: "layer_norm", position_biased_input: false, conv_kernel_size: 3, conv_act: "gelu" },
  },
};

export const encoderFamilies = Object.keys(families);

/** A pretrained encoder without a head, and what it is trained on. */
export function familyFolder(root: string, family: string): { readonly model: string; readonly data: string } {
  const { model, data } = tinyFolder(root);
  const config = {
    model_type: family,
    vocab_size: 160,
    max_position_embeddings: 24,
    pad_token_id: 0,
    ...families[family],
  };
  const { parameters } = buildEncoder(config, 2, "config.json");
  const own = parameters.filter(({ part }) => part === "encoder");
  const byName = new Map(own.map((parameter) => [parameter.name, parameter]));
  const tensors = storedTensors(own, (name) => {
    const { shape, kind } = byName.get(name)!;
    const key = randomKey(0, "sample", name);
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) => 0.2 * normal(key, i));
    return kind === "layerNormWeight" ? data.map((value) => 1 + value) : data;
  });
  writeFileSync(join(model, "config.json"), JSON.stringify(config));
  writeSafetensors(join(model, "model.safetensors"), tensors);
  return { model, data };
}
