/** Keys that many families' config.json have in common, as BERT named them, with its defaults in Transformers. */
import { z } from "zod";
import { activations } from "../graph/nn.ts";
import type { PostNorm } from "./post-norm.ts";

export const size = z.number().int().positive();
export const rate = z.number().min(0).lt(1);
export const activation = z.enum(Object.keys(activations) as [string, ...string[]]);

export const bertKeys = {
  vocab_size: size.default(30522),
  hidden_size: size.default(768),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  intermediate_size: size.default(3072),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: rate.default(0.1),
  attention_probs_dropout_prob: rate.default(0.1),
  classifier_dropout: rate.nullable().default(null),
  max_position_embeddings: size.default(512),
  type_vocab_size: size.default(2),
  initializer_range: z.number().positive().default(0.02),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal("absolute").default("absolute"),
  is_decoder: z.literal(false).default(false),
};

/** For `refine`: each attention head has the same width. */
export const wholeHeads: [
  check: (config: { readonly hidden_size: number; readonly num_attention_heads: number }) => boolean,
  issue: { path: string[]; error: string },
] = [
  ({ hidden_size, num_attention_heads }) => hidden_size % num_attention_heads === 0,
  { path: ["hidden_size"], error: "it is not a multiple of num_attention_heads" },
];

/** What these keys say of an encoder; a family writes down what it has otherwise. */
export const sizesOf = (own: z.infer<z.ZodObject<typeof bertKeys>>) =>
  ({
    hiddenSize: own.hidden_size,
    intermediateSize: own.intermediate_size,
    layers: own.num_hidden_layers,
    heads: own.num_attention_heads,
    vocabularySize: own.vocab_size,
    positionRows: own.max_position_embeddings,
    maxPositions: own.max_position_embeddings,
    typeRows: own.type_vocab_size,
    activation: own.hidden_act,
    epsilon: own.layer_norm_eps,
    initializerRange: own.initializer_range,
    dropout: {
      embeddings: own.hidden_dropout_prob,
      probabilities: own.attention_probs_dropout_prob,
      attentionOutput: own.hidden_dropout_prob,
      output: own.hidden_dropout_prob,
    },
  }) satisfies Partial<PostNorm>;
