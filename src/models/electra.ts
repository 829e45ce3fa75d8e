/** ELECTRA's discriminator (Clark et al. 2020, arXiv 2003.10555) with Transformers' sequence-classification head. */
import { z } from "zod";
import { bertLayerNames } from "./bert.ts";
import { bertKeys, size, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { postNorm } from "./post-norm.ts";

/** The keys of config.json that change what ELECTRA computes, with Transformers' defaults. */
const config = z
  .looseObject({
    ...bertKeys,
    model_type: z.literal("electra"),
    embedding_size: size.default(128),
    hidden_size: size.default(256),
    num_attention_heads: size.default(4),
    intermediate_size: size.default(1024),
  })
  .refine(...wholeHeads);

/** ELECTRA of a config.json with a head for `labelCount` labels. */
export function electra(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { hidden_dropout_prob: hiddenDropout, embedding_size: width } = own;
  const classifierDropout = own.classifier_dropout ?? hiddenDropout;
  return postNorm(
    {
      type: "electra",
      architecture: "ElectraForSequenceClassification",
      bareArchitecture: "ElectraModel",
      prefix: "electra.",
      ...sizesOf(own),
      embeddings: { size: width, ...(width !== own.hidden_size && { projection: "embeddings_project" }) },
      namesOf: bertLayerNames,
      head: {
        inputDropout: classifierDropout,
        // Always the exact GELU, whatever hidden_act is.
        dense: { module: "classifier.dense", activation: "gelu", part: "classifier" },
        dropout: classifierDropout,
        classifier: "classifier.out_proj",
      },
      // That of its generator, which is an encoder of the same form.
      languageHead: {
        architecture: "ElectraForMaskedLM",
        dense: { module: "generator_predictions.dense", activation: "gelu" },
        norm: { module: "generator_predictions.LayerNorm", epsilon: own.layer_norm_eps },
        bias: "generator_lm_head.bias",
      },
    },
    labelCount,
  );
}
