/** ELECTRA's discriminator (Clark et al. 2020, arXiv 2003.10555) with Transformers' sequence-classification head. */
import { z } from "zod";
import { bertLayerNames } from "./bert.ts";
import { bertKeys, size, wholeHeads } from "./config-keys.ts";
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
      hiddenSize: own.hidden_size,
      intermediateSize: own.intermediate_size,
      layers: own.num_hidden_layers,
      heads: own.num_attention_heads,
      vocabularySize: own.vocab_size,
      embeddings: { size: width, ...(width !== own.hidden_size && { projection: "embeddings_project" }) },
      positionRows: own.max_position_embeddings,
      maxPositions: own.max_position_embeddings,
      typeRows: own.type_vocab_size,
      activation: own.hidden_act,
      epsilon: own.layer_norm_eps,
      initializerRange: own.initializer_range,
      dropout: {
        embeddings: hiddenDropout,
        probabilities: own.attention_probs_dropout_prob,
        attentionOutput: hiddenDropout,
        output: hiddenDropout,
      },
      namesOf: bertLayerNames,
      head: {
        inputDropout: classifierDropout,
        // Always the exact GELU, whatever hidden_act is.
        dense: { module: "classifier.dense", activation: "gelu", part: "classifier" },
        dropout: classifierDropout,
        classifier: "classifier.out_proj",
      },
    },
    labelCount,
  );
}
