/**
 * ModernBERT (Warner et al. 2024, arXiv 2412.13663), and what has its model_type (Ettin, gte-modernbert, ModernCamemBERT,
 * mmBERT), with Transformers' sequence-classification head.
 */
import { z } from "zod";
import { activations } from "../graph/nn.ts";
import { add, mul, scale } from "../graph/ops/elementwise.ts";
import { fromHeads, gatherRows, toHeads } from "../graph/ops/indexing.ts";
import { constant } from "../graph/ops/leaf.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import { concat, reshape, slice } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BatchTensors, batchInputs, type DistanceInput, distanceInput, noVirtualTokens } from "./batch.ts";
import { declareHead, ownLogits, poolByHead } from "./classification-head.ts";
import { activation, rate, size, wholeHeads } from "./config-keys.ts";
import { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import { type HeadDescription, ownHead } from "./head-choice.ts";
import { besideVirtualKeys, NEVER_REACHED } from "./places.ts";
import type { LinearSite, Scope } from "./scope.ts";

const theta = z.looseObject({ rope_type: z.literal("default").default("default"), rope_theta: z.number().positive() });
const layerType = z.enum(["full_attention", "sliding_attention"]);

/** The keys of config.json that change what ModernBERT computes, with Transformers' defaults, in both spellings. */
const config = z
  .looseObject({
    model_type: z.literal("modernbert"),
    vocab_size: size.default(50368),
    hidden_size: size.default(768),
    intermediate_size: size.default(1152),
    num_hidden_layers: size.default(22),
    num_attention_heads: size.default(12),
    hidden_activation: activation.default("gelu"),
    max_position_embeddings: size.default(8192),
    initializer_range: z.number().positive().default(0.02),
    initializer_cutoff_factor: z.number().positive().default(2),
    norm_eps: z.number().positive().default(1e-5),
    norm_bias: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    classifier_bias: z.boolean().default(false),
    decoder_bias: z.boolean().default(true),
    local_attention: size.default(128),
    embedding_dropout: rate.default(0),
    attention_dropout: rate.default(0),
    mlp_dropout: rate.default(0),
    classifier_dropout: rate.default(0),
    classifier_pooling: z.enum(["cls", "mean"]).default("cls"),
    classifier_activation: activation.default("gelu"),
    global_attn_every_n_layers: size.default(3),
    global_rope_theta: z.number().positive().default(160000),
    local_rope_theta: z.number().positive().nullable().default(10000),
    layer_types: z.array(layerType).optional(),
    rope_parameters: z.looseObject({ full_attention: theta, sliding_attention: theta }).nullish(),
  })
  .refine(...wholeHeads)
  .refine((own) => (own.hidden_size / own.num_attention_heads) % 2 === 0, {
    path: ["hidden_size"],
    error: "heads would have an odd width, and rotary positions turn its numbers in pairs",
  })
  .refine((own) => own.layer_types === undefined || own.layer_types.length >= own.num_hidden_layers, {
    path: ["layer_types"],
    error: "it does not name each layer's",
  });
type Config = z.infer<typeof config>;

/** ModernBERT of a config.json with a head for `labelCount` labels. */
export function modernBert(given: unknown, labelCount: number): Encoder {
  const own = config.parse(given);
  const { hidden_size: hidden, intermediate_size: intermediate } = own;
  const declarations = new Declarations();
  const drawn = drawsOf(own);
  const encoderPart = { part: "encoder", draw: drawn.in } as const;
  const normBias = { bias: own.norm_bias };
  declarations.declare(WORDS, [own.vocab_size, hidden], "embedding", encoderPart);
  declarations.norm("model.embeddings.norm", hidden, encoderPart, normBias);
  const layers = Array.from({ length: own.num_hidden_layers }, (_, layer): Layer => {
    const at = { ...encoderPart, layer } as const;
    const out = { ...at, draw: drawn.out };
    const name = `model.layers.${layer}`;
    // The first layer's input comes out of a norm.
    if (layer > 0) declarations.norm(`${name}.attn_norm`, hidden, at, normBias);
    const attention = { bias: own.attention_bias };
    const feedForward = { bias: own.mlp_bias };
    const queryKeyValue = declarations.linear(
      "queryKeyValue",
      `${name}.attn.Wqkv`,
      [3 * hidden, hidden],
      at,
      attention,
    );
    const attentionOutput = declarations.linear("attentionOutput", `${name}.attn.Wo`, [hidden, hidden], out, attention);
    declarations.norm(`${name}.mlp_norm`, hidden, at, normBias);
    const gated = declarations.linear(
      "gatedIntermediate",
      `${name}.mlp.Wi`,
      [2 * intermediate, hidden],
      at,
      feedForward,
    );
    const output = declarations.linear("output", `${name}.mlp.Wo`, [hidden, intermediate], out, feedForward);
    const isGlobal = own.layer_types
      ? own.layer_types[layer] === "full_attention"
      : layer % own.global_attn_every_n_layers === 0;
    return { name, queryKeyValue, attentionOutput, gated, output, isGlobal };
  });
  declarations.norm("model.final_norm", hidden, encoderPart, normBias);
  const dense = {
    module: "head.dense",
    activation: own.classifier_activation,
    bias: own.classifier_bias,
    start: drawn.out,
  };
  const headNorm = { module: "head.norm", epsilon: own.norm_eps, bias: own.norm_bias };
  const head: HeadDescription = {
    reads: own.classifier_pooling,
    dense: { ...dense, part: "pooler", norm: headNorm },
    dropout: own.classifier_dropout,
    classifier: "classifier",
    classifierStart: { deviation: 1 / Math.sqrt(hidden), cutoff: own.initializer_cutoff_factor },
  };
  const sites = declareHead(declarations, head, hidden, labelCount);
  const window = windowOf(own);
  const encode = (scope: Scope): Encoded => {
    const batch = batchInputs(own.num_attention_heads);
    const places = placesOf(own, batch, window);
    const words = scope.words(gatherRows(scope.parameter(WORDS), batch.tokenIds));
    let x = scope.dropout(norm(own, scope, "model.embeddings.norm", words), own.embedding_dropout, "embeddings");
    for (const [index, layer] of layers.entries())
      x = scope.mayFreeze(
        transformerLayer(own, scope, batch, x, layer, index, layer.isGlobal ? places.global : places.local),
      );
    return { hidden: norm(own, scope, "model.final_norm", x), batch };
  };
  const ownParts = {
    encode,
    pool: (scope: Scope, encoded: Encoded) => poolByHead(head, sites, scope, encoded),
    linears: declarations.linears,
  };
  return {
    type: "modernbert",
    architecture: "ModernBertForSequenceClassification",
    bareArchitecture: "ModernBertModel",
    hiddenSize: hidden,
    embeddingSize: hidden,
    vocabularySize: own.vocab_size,
    tokenTypes: 0,
    layers: own.num_hidden_layers,
    heads: own.num_attention_heads,
    maxPositions: own.max_position_embeddings,
    virtual: noVirtualTokens,
    // Scores depend on the place, and the pooled token is outside of most windows.
    distances: [window],
    masked: NEVER_REACHED,
    initializerRange: own.initializer_range,
    parameters: declarations.parameters,
    head: ownHead,
    classificationHead: head,
    languageHead: {
      architecture: "ModernBertForMaskedLM",
      dense,
      norm: headNorm,
      ...(own.decoder_bias && { bias: "decoder.bias" }),
    },
    wordTable: WORDS,
    checkpointNames: (name) => [name, name.replace(/^model\./, "")],
    ...ownParts,
    logits: (scope) => ownLogits(ownParts, scope, head.dropout),
  };
}

/** How weights are drawn where a file has none: smaller where a layer adds to what the layers before it made. */
const drawsOf = ({
  initializer_range: deviation,
  initializer_cutoff_factor: cutoff,
  num_hidden_layers: layers,
}: Config) => ({
  in: { deviation, cutoff },
  out: { deviation: deviation / Math.sqrt(2 * layers), cutoff },
});

const WORDS = "model.embeddings.tok_embeddings.weight";

interface Layer {
  readonly name: string;
  readonly queryKeyValue: LinearSite;
  readonly attentionOutput: LinearSite;
  readonly gated: LinearSite;
  readonly output: LinearSite;
  readonly isGlobal: boolean;
}

/** What a kind of layers knows of places: cosines and sines of each token's angles [tokens, 1, dim], and the window. */
interface Places {
  readonly cosines: Tensor;
  readonly sines: Tensor;
  readonly window?: Tensor;
}

const windowOf = ({ local_attention: width }: Config): DistanceInput => ({
  name: "window",
  dtype: "float32",
  of: (distance) => (Math.abs(distance) <= Math.floor(width / 2) ? 0 : NEVER_REACHED),
});

function placesOf(own: Config, batch: BatchTensors, window: DistanceInput): { global: Places; local: Places } {
  const { rope_parameters: rope, global_rope_theta: globalTheta } = own;
  const ofTheta = (base: number) => rotary(own, batch, base);
  const mask = reshape(reshape(distanceInput(window), [1, "length", "length"]), [1, 1, "length", "length"]);
  return {
    global: ofTheta(rope?.full_attention.rope_theta ?? globalTheta),
    local: { ...ofTheta(rope?.sliding_attention.rope_theta ?? own.local_rope_theta ?? globalTheta), window: mask },
  };
}

/** Rotary embeddings (Su et al. 2021, arXiv 2104.09864): position · θ^(−2i/dim), for places i and i + dim / 2 alike. */
function rotary(own: Config, batch: BatchTensors, base: number): Places {
  const dim = own.hidden_size / own.num_attention_heads;
  const half = dim / 2;
  const rows = own.max_position_embeddings;
  const cosines = new Float32Array(rows * dim);
  const sines = new Float32Array(rows * dim);
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(base ** Math.fround((2 * i) / dim)));
    for (let position = 0; position < rows; position++) {
      const angle = Math.fround(position * frequency);
      const [at, partner] = [position * dim + i, position * dim + i + half];
      cosines[at] = cosines[partner] = Math.cos(angle);
      sines[partner] = Math.sin(angle);
      sines[at] = -sines[partner]!;
    }
  }
  const ofTokens = (table: Float32Array) =>
    reshape(gatherRows(constant(table, [rows, dim]), batch.positionIds), ["tokens", 1, dim]);
  return { cosines: ofTokens(cosines), sines: ofTokens(sines) };
}

function norm(own: Config, scope: Scope, name: string, x: Tensor): Tensor {
  const weight = scope.parameter(`${name}.weight`);
  const bias = own.norm_bias
    ? scope.parameter(`${name}.bias`)
    : constant(new Float32Array(own.hidden_size), [own.hidden_size]);
  return layerNorm(x, weight, bias, own.norm_eps);
}

/** One layer: a norm before attention and one before the gated feed-forward part, each with a residual around it. */
function transformerLayer(
  own: Config,
  scope: Scope,
  batch: BatchTensors,
  x: Tensor,
  layer: Layer,
  index: number,
  places: Places,
): Tensor {
  const read = index === 0 ? x : norm(own, scope, `${layer.name}.attn_norm`, x);
  const context = attention(own, scope, batch, read, layer, index, places);
  const projected = scope.sublayer("attention", index, scope.linear(layer.attentionOutput, context));
  const attended = add(x, scope.dropout(projected, own.attention_dropout, `layer.${index}.attention.output`));
  const both = scope.linear(layer.gated, norm(own, scope, `${layer.name}.mlp_norm`, attended));
  const size = own.intermediate_size;
  const raised = activations[own.hidden_activation]!(slice(both, 1, 0, size));
  const gated = scope.dropout(mul(raised, slice(both, 1, size, 2 * size)), own.mlp_dropout, `layer.${index}.output`);
  return add(attended, scope.sublayer("feedForward", index, scope.linear(layer.output, gated)));
}

/** softmax(R Q (R K)ᵀ / √d + mask) V, by heads, with R the rotation of each token's place. */
function attention(
  own: Config,
  scope: Scope,
  batch: BatchTensors,
  x: Tensor,
  { queryKeyValue }: Layer,
  index: number,
  { cosines, sines, window }: Places,
): Tensor {
  const { hidden_size: hidden, num_attention_heads: heads } = own;
  const dim = hidden / heads;
  const split = (y: Tensor) => toHeads(y, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  const rotated = (y: Tensor) => {
    const byHead = reshape(y, ["tokens", heads, dim]);
    const turned = concat([slice(byHead, 2, dim / 2, dim), slice(byHead, 2, 0, dim / 2)], 2);
    return reshape(add(mul(byHead, cosines), mul(turned, sines)), ["tokens", hidden]);
  };
  const all = scope.linear(queryKeyValue, x); // [tokens, 3 · hidden]
  const part = (which: number) => slice(all, 1, which * hidden, (which + 1) * hidden);
  const query = split(rotated(part(0)));
  const given = { key: split(rotated(part(1))), value: split(part(2)) };
  const { key, value, bias } = scope.attended(index, { ...given, bias: batch.attentionBias });
  const scores = add(scale(matMul(query, swapLast(key)), 1 / Math.sqrt(dim)), bias); // [batch, heads, length, length]
  const weights = softmax(window ? add(scores, besideVirtualKeys(window, key)) : scores);
  const dropped = scope.dropout(weights, own.attention_dropout, `layer.${index}.attention`);
  return fromHeads(matMul(dropped, value), batch.unpadIndex, batch.padIndex);
}
