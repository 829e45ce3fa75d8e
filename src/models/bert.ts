/** BERT (Devlin et al. 2019, arXiv 1810.04805) with Transformers' sequence-classification head. */
import { z } from "zod";
import { bertKeys, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { type LayerNames, postNorm } from "./post-norm.ts";

/** The keys of config.json that change what BERT computes, with Transformers' defaults. */
const config = z.looseObject({ ...bertKeys, model_type: z.literal("bert") }).refine(...wholeHeads);

/** BERT of a config.json with a head for `labelCount` labels. */
export function bert(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  return postNorm(
    {
      type: "bert",
      architecture: "BertForSequenceClassification",
      bareArchitecture: "BertModel",
      prefix: "bert.",
      ...sizesOf(own),
      namesOf: bertLayerNames,
      head: {
        dense: { module: "bert.pooler.dense", activation: "tanh", part: "pooler" },
        dropout: own.classifier_dropout ?? own.hidden_dropout_prob,
        classifier: "classifier",
      },
      languageHead: {
        architecture: "BertForMaskedLM",
        dense: { module: "cls.predictions.transform.dense", activation: own.hidden_act },
        norm: { module: "cls.predictions.transform.LayerNorm", epsilon: own.layer_norm_eps },
        bias: "cls.predictions.bias",
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
