/** BERT (Devlin et al. 2019, arXiv 1810.04805) with Transformers' sequence-classification head. */
import { z } from "zod";
import { activations } from "../graph/nn.ts";
import { add, scale, tanh } from "../graph/ops/elementwise.ts";
import { fromHeads, gatherRows, rowOfEach, toHeads } from "../graph/ops/indexing.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BatchTensors, batchInputs, noVirtualTokens } from "./batch.ts";
import type { Encoded, Encoder, Parameter, ParameterKind } from "./encoder.ts";
import { ownHead } from "./head-choice.ts";
import type { LinearRole, LinearSite, Scope } from "./scope.ts";

const size = z.number().int().positive();
const rate = z.number().min(0).lt(1);

/** The keys of config.json that change what BERT computes, with Transformers' defaults. */
export const bertConfig = z
  .looseObject({
    model_type: z.literal("bert"),
    vocab_size: size.default(30522),
    hidden_size: size.default(768),
    num_hidden_layers: size.default(12),
    num_attention_heads: size.default(12),
    intermediate_size: size.default(3072),
    hidden_act: z.enum(Object.keys(activations) as [string, ...string[]]).default("gelu"),
    hidden_dropout_prob: rate.default(0.1),
    attention_probs_dropout_prob: rate.default(0.1),
    classifier_dropout: rate.nullable().default(null),
    max_position_embeddings: size.default(512),
    type_vocab_size: size.default(2),
    initializer_range: z.number().positive().default(0.02),
    layer_norm_eps: z.number().positive().default(1e-12),
    position_embedding_type: z.literal("absolute").default("absolute"),
    is_decoder: z.literal(false).default(false),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ["hidden_size"],
    error: "it is not a multiple of num_attention_heads",
  });
export type BertConfig = z.infer<typeof bertConfig>;

/** BERT with a head for `labelCount` labels. */
export function bert(config: BertConfig, labelCount: number): Encoder {
  const parameters: Parameter[] = [];
  const linears: LinearSite[] = [];
  const { hidden_size: hidden, intermediate_size: intermediate } = config;

  const declare = (
    name: string,
    shape: readonly number[],
    kind: ParameterKind,
    rest: Omit<Parameter, "name" | "shape" | "kind">,
  ) => {
    parameters.push({ name, shape, kind, ...rest });
  };
  const declareLinear = (
    role: LinearRole,
    name: string,
    [out, from]: [number, number],
    rest: Omit<Parameter, "name" | "shape" | "kind">,
  ) => {
    declare(`${name}.weight`, [out, from], "weight", rest);
    declare(`${name}.bias`, [out], "bias", rest);
    const layer = rest.layer === undefined ? {} : { layer: rest.layer };
    linears.push({ role, weight: `${name}.weight`, bias: `${name}.bias`, ...layer });
  };
  const declareNorm = (name: string, rest: Omit<Parameter, "name" | "shape" | "kind">) => {
    declare(`${name}.weight`, [hidden], "layerNormWeight", rest);
    declare(`${name}.bias`, [hidden], "layerNormBias", rest);
  };

  const tables = {
    word: config.vocab_size,
    position: config.max_position_embeddings,
    token_type: config.type_vocab_size,
  };
  for (const [table, rows] of Object.entries(tables))
    declare(`${EMBEDDINGS}.${table}_embeddings.weight`, [rows, hidden], "embedding", { part: "encoder" });
  declareNorm(`${EMBEDDINGS}.LayerNorm`, { part: "encoder" });
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const at = { part: "encoder", layer } as const;
    for (const role of ["query", "key", "value"] as const)
      declareLinear(role, `${layerName(layer)}.attention.self.${role}`, [hidden, hidden], at);
    declareLinear("attentionOutput", `${layerName(layer)}.attention.output.dense`, [hidden, hidden], at);
    declareNorm(`${layerName(layer)}.attention.output.LayerNorm`, at);
    declareLinear("intermediate", `${layerName(layer)}.intermediate.dense`, [intermediate, hidden], at);
    declareLinear("output", `${layerName(layer)}.output.dense`, [hidden, intermediate], at);
    declareNorm(`${layerName(layer)}.output.LayerNorm`, at);
  }
  declareLinear("pooler", "bert.pooler.dense", [hidden, hidden], { part: "pooler" });
  declareLinear("classifier", "classifier", [labelCount, hidden], { part: "classifier" });

  const site = (role: LinearRole, layer?: number) => linears.find((s) => s.role === role && s.layer === layer)!;

  const headDropout = config.classifier_dropout ?? config.hidden_dropout_prob;
  const encode = (scope: Scope): Encoded => {
    const batch = batchInputs(config.num_attention_heads);
    let hidden = embed(config, scope, batch);
    for (let layer = 0; layer < config.num_hidden_layers; layer++)
      hidden = scope.mayFreeze(transformerLayer(config, scope, batch, hidden, layer, (role) => site(role, layer)));
    return { hidden, batch };
  };
  const pool = (scope: Scope, { hidden, batch }: Encoded): Tensor => {
    const first = scope.mayFreeze(rowOfEach(hidden, batch.firstToken, scope.pooledPosition)); // [batch, hidden]
    return scope.mayFreeze(tanh(scope.linear(site("pooler"), first)));
  };

  return {
    type: "bert",
    architecture: "BertForSequenceClassification",
    bareArchitecture: "BertModel",
    hiddenSize: hidden,
    vocabularySize: config.vocab_size,
    tokenTypes: config.type_vocab_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    maxPositions: config.max_position_embeddings,
    virtual: noVirtualTokens,
    initializerRange: config.initializer_range,
    parameters,
    linears,
    head: ownHead,
    headDropout,
    wordTable: `${EMBEDDINGS}.word_embeddings.weight`,
    checkpointNames: (name) => {
      // TensorFlow's names for LayerNorm weights live on in old files; plain encoders are saved without the prefix.
      const old = name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma").replace(/LayerNorm\.bias$/, "LayerNorm.beta");
      return [name, old].flatMap((n) => [n, n.replace(/^bert\./, "")]);
    },
    encode,
    pool,
    logits: (scope) => {
      const pooled = pool(scope, encode(scope));
      return scope.linear(site("classifier"), scope.dropout(pooled, headDropout, "classifier"));
    },
  };
}

const EMBEDDINGS = "bert.embeddings";
const layerName = (layer: number): string => `bert.encoder.layer.${layer}`;

/** [tokens] → [tokens, hidden] */
function embed(config: BertConfig, scope: Scope, batch: BatchTensors): Tensor {
  const look = (table: string, ids: Tensor) =>
    gatherRows(scope.parameter(`${EMBEDDINGS}.${table}_embeddings.weight`), ids);
  const words = add(scope.words(look("word", batch.tokenIds)), look("token_type", batch.tokenTypes));
  const sum = add(words, look("position", batch.positionIds));
  return scope.dropout(norm(config, scope, `${EMBEDDINGS}.LayerNorm`, sum), config.hidden_dropout_prob, "embeddings");
}

function norm(config: BertConfig, scope: Scope, name: string, x: Tensor): Tensor {
  return layerNorm(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`), config.layer_norm_eps);
}

/** One transformer layer: attention and feed-forward, each with a residual and a norm after it. */
function transformerLayer(
  config: BertConfig,
  scope: Scope,
  batch: BatchTensors,
  x: Tensor,
  layer: number,
  site: (role: LinearRole) => LinearSite,
): Tensor {
  const drop = (y: Tensor, place: string) => scope.dropout(y, config.hidden_dropout_prob, `layer.${layer}.${place}`);
  const context = attention(config, scope, batch, x, layer, site);
  const projected = scope.sublayer("attention", layer, scope.linear(site("attentionOutput"), context));
  const attended = add(drop(projected, "attention.output"), x);
  const middle = norm(config, scope, `${layerName(layer)}.attention.output.LayerNorm`, attended);
  const raised = activations[config.hidden_act]!(scope.linear(site("intermediate"), middle));
  const lowered = scope.sublayer("feedForward", layer, scope.linear(site("output"), raised));
  return norm(config, scope, `${layerName(layer)}.output.LayerNorm`, add(drop(lowered, "output"), middle));
}

/** softmax(Q Kᵀ / √d + mask) V, by heads, on the padded view of the packed tokens. */
function attention(
  config: BertConfig,
  scope: Scope,
  batch: BatchTensors,
  x: Tensor,
  layer: number,
  site: (role: LinearRole) => LinearSite,
): Tensor {
  const headDim = config.hidden_size / config.num_attention_heads;
  const split = (y: Tensor) => toHeads(y, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  const query = split(scale(scope.linear(site("query"), x), 1 / Math.sqrt(headDim)));
  const own = { key: split(scope.linear(site("key"), x)), value: split(scope.linear(site("value"), x)) };
  const { key, value, bias } = scope.attended(layer, { ...own, bias: batch.attentionBias });
  const weights = softmax(add(matMul(query, swapLast(key)), bias)); // [batch, heads, length, length]
  const dropped = scope.dropout(weights, config.attention_probs_dropout_prob, `layer.${layer}.attention`);
  return fromHeads(matMul(dropped, value), batch.unpadIndex, batch.padIndex);
}
