/** MPNet (Song et al. 2020, arXiv 2004.09297) with Transformers' sequence-classification head. */
import { z } from "zod";
import { bertLayerNames } from "./bert.ts";
import { bertKeys, size, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import { distanceBias } from "./places.ts";
import { postNorm } from "./post-norm.ts";
import { robertaLanguageHead } from "./roberta.ts";

/** The keys of config.json that change what MPNet computes, with Transformers' defaults. */
const config = z
  .looseObject({
    ...bertKeys,
    model_type: z.literal("mpnet"),
    vocab_size: size.default(30527),
    relative_attention_num_buckets: size.min(32).default(32),
  })
  .refine(...wholeHeads);

/** Its positions begin behind that of padding, whose id is fixed. */
const PADDING = 1;

/** MPNet of a config.json with a head for `labelCount` labels. */
export function mpnet(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { hidden_dropout_prob: hiddenDropout } = own;
  return postNorm(
    {
      type: "mpnet",
      architecture: "MPNetForSequenceClassification",
      bareArchitecture: "MPNetModel",
      prefix: "mpnet.",
      ...sizesOf(own),
      maxPositions: own.max_position_embeddings - PADDING - 1,
      positions: { first: PADDING + 1, uncounted: PADDING },
      typeRows: 0,
      placeScores: distanceBias(
        {
          table: "encoder.relative_attention_bias.weight",
          heads: own.num_attention_heads,
          buckets: own.relative_attention_num_buckets,
        },
        bucketOf,
      ),
      namesOf: (layer) => {
        const names = bertLayerNames(layer);
        const attention = `encoder.layer.${layer}.attention`;
        return {
          ...names,
          query: `${attention}.attn.q`,
          key: `${attention}.attn.k`,
          value: `${attention}.attn.v`,
          attentionOutput: `${attention}.attn.o`,
          attentionNorm: `${attention}.LayerNorm`,
        };
      },
      head: {
        // Its config has no dropout of the head: classifier_dropout is not read.
        inputDropout: hiddenDropout,
        dense: { module: "classifier.dense", activation: "tanh", part: "classifier" },
        dropout: hiddenDropout,
        classifier: "classifier.out_proj",
      },
      languageHead: robertaLanguageHead("MPNetForMaskedLM", own.layer_norm_eps),
    },
    labelCount,
  );
}

/**
 * The bucket of a key that stands `distance` places after its query, as T5 has it (Raffel et al. 2020, arXiv 1910.10683):
 * of 32, half for keys behind; eight places each have their own, and from there to 128 they widen logarithmically. The
 * table may have more rows, but the rule has always these numbers.
 */
function bucketOf(distance: number): number {
  const away = Math.abs(distance);
  const near = away < 8 ? away : Math.min(15, 8 + Math.floor((Math.log(away / 8) / Math.log(16)) * 8));
  return near + (distance > 0 ? 16 : 0);
}
