/** RoBERTa (Liu et al. 2019, arXiv 1907.11692), XLM-RoBERTa and CamemBERT, which are one graph, with Transformers' head. */
import { z } from "zod";
import { bertLayerNames } from "./bert.ts";
import { bertKeys, size, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Encoder } from "./encoder.ts";
import type { LanguageHeadDescription } from "./head-choice.ts";
import { postNorm } from "./post-norm.ts";

/** The names of the classes in Transformers. */
const classes = { roberta: "Roberta", "xlm-roberta": "XLMRoberta", camembert: "Camembert" } as const;

/** The keys of config.json that change what is computed, with Transformers' defaults. */
const config = z
  .looseObject({
    ...bertKeys,
    model_type: z.enum(Object.keys(classes) as [keyof typeof classes, ...(keyof typeof classes)[]]),
    vocab_size: size.default(50265),
    pad_token_id: z.number().int().nonnegative().default(1),
  })
  .refine(...wholeHeads);

/** RoBERTa of a config.json with a head for `labelCount` labels. */
export function roberta(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { hidden_dropout_prob: hiddenDropout, pad_token_id: pad } = own;
  const classifierDropout = own.classifier_dropout ?? hiddenDropout;
  return postNorm(
    {
      type: own.model_type,
      architecture: `${classes[own.model_type]}ForSequenceClassification`,
      bareArchitecture: `${classes[own.model_type]}Model`,
      prefix: "roberta.",
      ...sizesOf(own),
      // Positions count from behind the padding's on; a literal <pad> in a text is not counted.
      maxPositions: own.max_position_embeddings - pad - 1,
      positions: { first: pad + 1, uncounted: pad },
      readsTypes: false,
      namesOf: bertLayerNames,
      head: {
        inputDropout: classifierDropout,
        dense: { module: "classifier.dense", activation: "tanh", part: "classifier" },
        dropout: classifierDropout,
        classifier: "classifier.out_proj",
      },
      languageHead: robertaLanguageHead(`${classes[own.model_type]}ForMaskedLM`, own.layer_norm_eps),
    },
    labelCount,
  );
}

/** The head that RoBERTa is pre-trained with, and MPNet after it: with the exact GELU, whatever hidden_act is. */
export const robertaLanguageHead = (architecture: string, epsilon: number): LanguageHeadDescription => ({
  architecture,
  dense: { module: "lm_head.dense", activation: "gelu" },
  norm: { module: "lm_head.layer_norm", epsilon },
  bias: "lm_head.bias",
});
