/** BERT (Devlin et al. 2019, arXiv 1810.04805) with Transformers' sequence-classification head. */
import { z } from "zod";
import { bertKeys, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { type LayerNames, postNorm } from "./post-norm.ts";

/** The keys of config.json that change what BERT computes, with Transformers' defaults. */
export const bertConfig = z.looseObject({ ...bertKeys, model_type: z.literal("bert") }).refine(...wholeHeads);
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
      ...sizesOf(config),
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
