/**
 * DeBERTa-v2 and -v3 (He et al. 2021, arXiv 2006.03654 and 2111.09543) and mDeBERTa, with Transformers'
 * sequence-classification head.
 */
import { z } from "zod";
import { activations } from "../graph/nn.ts";
import { add, exp, mul } from "../graph/ops/elementwise.ts";
import { fromHeads, toHeads } from "../graph/ops/indexing.ts";
import { matMul, product } from "../graph/ops/linalg.ts";
import { layerNorm } from "../graph/ops/reduce.ts";
import { reshape, slice } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DistanceInput, distanceInput } from "./batch.ts";
import { bertLayerNames } from "./bert.ts";
import { activation, bertKeys, rate, size, sizesOf, wholeHeads } from "./config-keys.ts";
import type { Declarations } from "./declarations.ts";
import { disentangled, logBucket } from "./disentangled.ts";
import type { Encoder } from "./encoder.ts";
import { type AfterFirst, postNorm } from "./post-norm.ts";

const TERMS = /\s*\|\s*/;

/** The keys of config.json that change what DeBERTa computes, with Transformers' defaults: those of version 2's largest one. */
const config = z
  .looseObject({
    ...bertKeys,
    model_type: z.literal("deberta-v2"),
    vocab_size: size.default(128100),
    hidden_size: size.default(1536),
    num_hidden_layers: size.default(24),
    num_attention_heads: size.default(24),
    intermediate_size: size.default(6144),
    type_vocab_size: z.number().int().min(0).default(0),
    layer_norm_eps: z.number().positive().default(1e-7),
    embedding_size: size.optional(),
    attention_head_size: size.optional(),
    relative_attention: z.boolean().default(false),
    max_relative_positions: z.number().int().default(-1),
    position_buckets: z.number().int().default(-1),
    position_biased_input: z.boolean().default(true),
    pos_att_type: z.union([z.string(), z.array(z.string())]).nullish(),
    share_att_key: z.boolean().default(false),
    norm_rel_ebd: z.string().default("none"),
    conv_kernel_size: z.number().int().min(0).default(0),
    conv_groups: z.literal(1).default(1),
    conv_act: activation.default("tanh"),
    pooler_hidden_size: size.optional(),
    pooler_hidden_act: activation.default("gelu"),
    pooler_dropout: rate.default(0),
    cls_dropout: rate.nullish(),
    legacy: z.boolean().default(true),
  })
  .refine(...wholeHeads)
  .refine(
    (own) =>
      (own.attention_head_size ?? own.hidden_size / own.num_attention_heads) * own.num_attention_heads ===
      own.hidden_size,
    {
      path: ["attention_head_size"],
      error: "it is not hidden_size / num_attention_heads",
    },
  )
  .refine((own) => (own.pooler_hidden_size ?? own.hidden_size) === own.hidden_size, {
    path: ["pooler_hidden_size"],
    error: "it is not hidden_size",
  })
  .refine((own) => own.conv_kernel_size === 0 || own.conv_kernel_size % 2 === 1, {
    path: ["conv_kernel_size"],
    error: "it is even, so a token has no place in the middle",
  })
  .refine((own) => own.position_buckets <= 0 || Math.floor(own.position_buckets / 2) < mostPlaces(own) - 1, {
    path: ["position_buckets"],
    error: "there are more than max_relative_positions has room for",
  });
type Config = z.infer<typeof config>;

const mostPlaces = (own: { readonly max_relative_positions: number; readonly max_position_embeddings: number }) =>
  own.max_relative_positions < 1 ? own.max_position_embeddings : own.max_relative_positions;

/** DeBERTa-v2 or -v3 of a config.json with a head for `labelCount` labels. */
export function deberta(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { hidden_size: hiddenSize, hidden_dropout_prob: hiddenDropout, embedding_size: width = hiddenSize } = own;
  const sizes = sizesOf(own);
  const named = own.pos_att_type ?? [];
  const types = typeof named === "string" ? named.toLowerCase().trim().split(TERMS) : named;
  const terms = { contentToPosition: types.includes("c2p"), positionToContent: types.includes("p2c") };
  const span = own.position_buckets > 0 ? own.position_buckets : mostPlaces(own);
  const languageNames = LANGUAGE_NAMES[own.legacy ? "old" : "new"];
  const normsPositions = own.norm_rel_ebd.toLowerCase().trim().split(TERMS).includes("layer_norm");
  const encoder = postNorm(
    {
      type: "deberta-v2",
      architecture: "DebertaV2ForSequenceClassification",
      bareArchitecture: "DebertaV2Model",
      prefix: "deberta.",
      ...sizes,
      positionRows: own.position_biased_input ? sizes.positionRows : 0,
      ...(width !== hiddenSize && {
        embeddings: { size: width, projection: "embeddings.embed_proj", beforeNorm: true },
      }),
      placeScores: disentangled(
        terms,
        own.relative_attention
          ? {
              ...{ hiddenSize, heads: sizes.heads, span, dropout: hiddenDropout },
              sharesProjections: own.share_att_key,
              rowOf: (distance) => Math.min(Math.max(bucketOf(own, distance) + span, 0), 2 * span - 1),
              epsilon: normsPositions ? sizes.epsilon : undefined,
            }
          : undefined,
      ),
      ...(own.conv_kernel_size > 0 && { afterFirst: convolution(own) }),
      namesOf: (layer) => {
        const self = `encoder.layer.${layer}.attention.self`;
        return {
          ...bertLayerNames(layer),
          ...{ query: `${self}.query_proj`, key: `${self}.key_proj`, value: `${self}.value_proj` },
        };
      },
      head: {
        inputDropout: own.pooler_dropout,
        dense: { module: "pooler.dense", activation: own.pooler_hidden_act, part: "pooler" },
        dropout: own.cls_dropout ?? hiddenDropout,
        classifier: "classifier",
      },
      languageHead: {
        architecture: "DebertaV2ForMaskedLM",
        dense: { module: `${languageNames.layers}.dense`, activation: own.hidden_act },
        norm: { module: `${languageNames.layers}.LayerNorm`, epsilon: sizes.epsilon },
        bias: `${languageNames.bias}.bias`,
      },
    },
    labelCount,
  );
  return {
    ...encoder,
    checkpointNames: (name) => [...encoder.checkpointNames(name), ...otherLanguageNames(name)],
  };
}

/** What the layers of the language head and its bias are called, by Transformers' key `legacy`: they compute the same. */
const LANGUAGE_NAMES = {
  old: { layers: "cls.predictions.transform", bias: "cls.predictions" },
  new: { layers: "lm_predictions.lm_head", bias: "lm_predictions.lm_head" },
};

/** Version 3's files have the new names, and their config.json does not say so. */
function otherLanguageNames(name: string): string[] {
  const { old, new: recent } = LANGUAGE_NAMES;
  const pairs = [
    [old.layers, recent.layers],
    [recent.layers, old.layers],
    [old.bias, recent.bias],
    [recent.bias, old.bias],
  ] as const;
  return pairs.flatMap(([from, to]) => (name.startsWith(`${from}.`) ? [`${to}${name.slice(from.length)}`] : []));
}

const bucketOf = (own: Config, distance: number): number =>
  own.position_buckets > 0 ? logBucket(distance, own.position_buckets, mostPlaces(own)) : distance;

/** A convolution over neighbouring tokens of the embeddings, added to what the first layer puts out (version 2, large). */
const convolution =
  (own: Config) =>
  (declarations: Declarations, prefix: string): AfterFirst => {
    const { hidden_size: hidden, conv_kernel_size: kernel } = own;
    const name = `${prefix}encoder.conv`;
    const at = { part: "encoder", layer: 0 } as const;
    declarations.declare(`${name}.conv.weight`, [kernel, hidden, hidden], "weight", {
      ...at,
      stored: { shape: [hidden, hidden, kernel], transposed: [2, 0, 1] },
    });
    declarations.declare(`${name}.conv.bias`, [hidden], "bias", at);
    declarations.norm(`${name}.LayerNorm`, hidden, at);
    /** Which token stands so many places behind another; none for the token itself. */
    const neighbours = Array.from({ length: kernel }, (_, i): DistanceInput | undefined => {
      const offset = i - (kernel - 1) / 2;
      if (offset === 0) return undefined;
      return { name: `neighbour:${offset}`, dtype: "float32", of: (distance) => (distance === offset ? 1 : 0) };
    });
    return {
      inputs: neighbours.filter((input) => input !== undefined),
      apply: (scope, batch, x, embedded) => {
        const weight = reshape(scope.parameter(`${name}.conv.weight`), [kernel * hidden, hidden]);
        const all = product(embedded, weight, { transB: true }); // [tokens, kernel · hidden]
        const isToken = exp(batch.attentionBias); // 1, and 0 for padding
        const parts = neighbours.map((neighbour, i): Tensor => {
          const part = slice(all, 1, i * hidden, (i + 1) * hidden);
          if (!neighbour) return part;
          const chosen = mul(distanceInput(neighbour), isToken); // [batch, 1, length, length]
          const byHead = toHeads(part, batch.fillIndex, batch.unpadIndex, "filled");
          return fromHeads(matMul(chosen, byHead), batch.unpadIndex, batch.padIndex);
        });
        const sum = add(parts.reduce(add), scope.parameter(`${name}.conv.bias`));
        const raised = activations[own.conv_act]!(scope.dropout(sum, own.hidden_dropout_prob, "convolution"));
        const norm = (which: string) => scope.parameter(`${name}.LayerNorm.${which}`);
        return layerNorm(add(x, raised), norm("weight"), norm("bias"), own.layer_norm_eps);
      },
    };
  };
