/**
 * The encoder of the original transformer (Vaswani et al. 2017, arXiv 1706.03762): embeddings that are added up, layers with a
 * norm after attention and after the feed-forward part. BERT and most families after it are this one with other names.
 */
import { activations } from "../graph/nn.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { fromHeads, gatherRows, toHeads } from "../graph/ops/indexing.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import { slice } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BatchLayout, type BatchTensors, batchInputs, noVirtualTokens } from "./batch.ts";
import { declareHead, ownLogits, poolByHead } from "./classification-head.ts";
import { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import { type HeadDescription, type LanguageHeadDescription, ownHead } from "./head-choice.ts";
import { besideVirtualKeys, NEVER_REACHED, type PlaceScores } from "./places.ts";
import type { LinearSite, Scope } from "./scope.ts";

/** Names in the checkpoint, without the prefix and `.weight`. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface PostNorm extends Pick<BatchLayout, "heads" | "positions"> {
  readonly type: string;
  readonly architecture: string;
  readonly bareArchitecture: string;
  /** With which names of a classifier's encoder begin, a dot at its end; bare encoders are saved without it. */
  readonly prefix: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly vocabularySize: number;
  /** Rows of the table of positions, 0 where there is none, and the longest text, which may be shorter. */
  readonly positionRows: number;
  readonly maxPositions: number;
  /** Rows of the table of token types; 0 where there is none. */
  readonly typeRows: number;
  /** Whether types are read; else all tokens have the first. @default true */
  readonly readsTypes?: boolean;
  /**
   * Width of the tables, and the layer that takes it to the hidden size: behind the norm, or without a bias before it.
   * @default the hidden size, and no layer
   */
  readonly embeddings?: { readonly size: number; readonly projection?: string; readonly beforeNorm?: boolean };
  /** What scores have besides the product of query and key; declares what it needs. @default nothing */
  readonly placeScores?: (declarations: Declarations, prefix: string) => PlaceScores;
  /** What follows the first layer and reads the embeddings once more. @default nothing */
  readonly afterFirst?: (declarations: Declarations, prefix: string) => AfterFirst;
  readonly activation: string;
  readonly epsilon: number;
  readonly initializerRange: number;
  readonly dropout: {
    readonly embeddings: number;
    readonly probabilities: number;
    /** Of what a sub-layer puts out. */
    readonly attentionOutput: number;
    readonly output: number;
  };
  /** Layers with the same names are one that is run again. */
  namesOf(layer: number): LayerNames;
  readonly head: HeadDescription;
  readonly languageHead: LanguageHeadDescription;
}

/** [tokens, hidden] from what the first layer and the embeddings put out. */
export interface AfterFirst extends Pick<PlaceScores, "inputs"> {
  apply(scope: Scope, batch: BatchTensors, hidden: Tensor, embedded: Tensor): Tensor;
}

/** An encoder of that form, with its own head for `labelCount` labels. */
export function postNorm(spec: PostNorm, labelCount: number): Encoder {
  const { hiddenSize, intermediateSize, heads, prefix } = spec;
  const { size: embeddingSize, projection, beforeNorm = false } = spec.embeddings ?? { size: hiddenSize };
  const declarations = new Declarations();
  const tables = {
    word: spec.vocabularySize,
    ...(spec.positionRows > 0 && { position: spec.positionRows }),
    ...(spec.typeRows > 0 && { token_type: spec.typeRows }),
  };
  const encoderPart = { part: "encoder" } as const;
  for (const [table, rows] of Object.entries(tables))
    declarations.declare(tableName(prefix, table), [rows, embeddingSize], "embedding", encoderPart);
  declarations.norm(`${prefix}embeddings.LayerNorm`, beforeNorm ? hiddenSize : embeddingSize, encoderPart);
  const raise =
    projection === undefined
      ? undefined
      : declarations.linear("embeddingProjection", `${prefix}${projection}`, [hiddenSize, embeddingSize], encoderPart, {
          bias: !beforeNorm,
        });
  const placeScores = spec.placeScores?.(declarations, prefix);
  const afterFirst = spec.afterFirst?.(declarations, prefix);
  const distances = [...(placeScores?.inputs ?? []), ...(afterFirst?.inputs ?? [])];
  const same = layersByName(spec);
  const layers = same.map(([first], layer): Layer => {
    const at = { part: "encoder", layer: first! } as const;
    const names = spec.namesOf(layer);
    const square = [hiddenSize, hiddenSize] as const;
    const linear = (role: Role, size: readonly [number, number]) =>
      declarations.linear(role, `${prefix}${names[role]}`, size, at);
    const norm = (which: "attentionNorm" | "outputNorm") => {
      declarations.norm(`${prefix}${names[which]}`, hiddenSize, at);
      return `${prefix}${names[which]}`;
    };
    const query = linear("query", square);
    const key = linear("key", square);
    const value = linear("value", square);
    placeScores?.addLayer?.(query, key, at);
    return {
      ...{ query, key, value },
      attentionOutput: linear("attentionOutput", square),
      attentionNorm: norm("attentionNorm"),
      intermediate: linear("intermediate", [intermediateSize, hiddenSize]),
      output: linear("output", [hiddenSize, intermediateSize]),
      outputNorm: norm("outputNorm"),
    };
  });
  const sites = declareHead(declarations, spec.head, hiddenSize, labelCount);
  const encode = (scope: Scope): Encoded => {
    const batch = batchInputs(heads);
    const embedded = embed(spec, scope, batch, raise);
    const byPlace: ByPlace | undefined = placeScores && {
      terms: placeScores.terms ?? 1,
      of: placeScores.inProgram(scope),
    };
    let hidden = embedded;
    for (const [index, layer] of layers.entries()) {
      const own = transformerLayer(spec, scope, { ...batch, byPlace }, hidden, layer, index);
      hidden = scope.mayFreeze(index === 0 && afterFirst ? afterFirst.apply(scope, batch, own, embedded) : own);
    }
    return { hidden, batch };
  };
  const own = {
    encode,
    pool: (scope: Scope, encoded: Encoded) => poolByHead(spec.head, sites, scope, encoded),
    linears: declarations.linears,
  };
  return {
    type: spec.type,
    architecture: spec.architecture,
    bareArchitecture: spec.bareArchitecture,
    hiddenSize,
    embeddingSize,
    vocabularySize: spec.vocabularySize,
    tokenTypes: (spec.readsTypes ?? true) ? spec.typeRows : 0,
    layers: spec.layers,
    sameLayers: [...new Set(same)].filter((one) => one.length > 1),
    heads,
    maxPositions: spec.maxPositions,
    ...(spec.positions && { positions: spec.positions }),
    ...(distances.length > 0 && { distances }),
    // Where scores depend on the place, padding with the pooled token's key could outscore it.
    ...(placeScores && { masked: NEVER_REACHED }),
    virtual: noVirtualTokens,
    initializerRange: spec.initializerRange,
    parameters: declarations.parameters,
    head: ownHead,
    classificationHead: spec.head,
    languageHead: spec.languageHead,
    wordTable: tableName(prefix, "word"),
    checkpointNames: (name) => {
      // TensorFlow's names for LayerNorm weights live on in old files; plain encoders are saved without the prefix.
      const old = name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma").replace(/LayerNorm\.bias$/, "LayerNorm.beta");
      return [name, old].flatMap((n) => [n, n.startsWith(prefix) ? n.slice(prefix.length) : n]);
    },
    ...own,
    logits: (scope) => ownLogits(own, scope, spec.head.dropout),
  };
}

/** For each layer, all that have its names: itself, and those that are the same one run again. */
function layersByName({ layers, namesOf }: PostNorm): number[][] {
  const byName = new Map<string, number[]>();
  return Array.from({ length: layers }, (_, layer) => {
    const name = namesOf(layer).query;
    const same = byName.get(name) ?? [];
    byName.set(name, same);
    same.push(layer);
    return same;
  });
}

/** How many products a score consists of, and those that depend on places. */
interface ByPlace {
  readonly terms: number;
  readonly of: ReturnType<PlaceScores["inProgram"]>;
}

/** A batch, and what its places add to scores. */
type Batch = BatchTensors & { readonly byPlace: ByPlace | undefined };

type Role = "query" | "key" | "value" | "attentionOutput" | "intermediate" | "output";

/** The sites of a layer, and the names of its norms. */
type Layer = Readonly<Record<Role, LinearSite> & Record<"attentionNorm" | "outputNorm", string>>;

const tableName = (prefix: string, table: string): string => `${prefix}embeddings.${table}_embeddings.weight`;

/** [tokens] → [tokens, hidden] */
function embed(
  { prefix, embeddings, positionRows, typeRows, readsTypes = true, epsilon, dropout }: PostNorm,
  scope: Scope,
  batch: BatchTensors,
  projection: LinearSite | undefined,
): Tensor {
  const look = (table: string, ids: Tensor) => gatherRows(scope.parameter(tableName(prefix, table)), ids);
  const words = scope.words(look("word", batch.tokenIds));
  const type = () =>
    readsTypes
      ? look("token_type", batch.tokenTypes)
      : slice(scope.parameter(tableName(prefix, "token_type")), 0, 0, 1);
  const typed = typeRows > 0 ? add(words, type()) : words;
  const sum = positionRows > 0 ? add(typed, look("position", batch.positionIds)) : typed;
  const normed = (x: Tensor) =>
    scope.dropout(norm(scope, `${prefix}embeddings.LayerNorm`, x, epsilon), dropout.embeddings, "embeddings");
  if (!projection) return normed(sum);
  return embeddings?.beforeNorm ? normed(scope.linear(projection, sum)) : scope.linear(projection, normed(sum));
}

function norm(scope: Scope, name: string, x: Tensor, epsilon: number): Tensor {
  return layerNorm(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`), epsilon);
}

/** One transformer layer: attention and feed-forward, each with a residual and a norm after it. */
function transformerLayer(spec: PostNorm, scope: Scope, batch: Batch, x: Tensor, sites: Layer, layer: number): Tensor {
  const { dropout, epsilon } = spec;
  const drop = (y: Tensor, rate: number, place: string) => scope.dropout(y, rate, `layer.${layer}.${place}`);
  const context = attention(spec, scope, batch, x, sites, layer);
  const projected = scope.sublayer("attention", layer, scope.linear(sites.attentionOutput, context));
  const attended = add(drop(projected, dropout.attentionOutput, "attention.output"), x);
  const middle = norm(scope, sites.attentionNorm, attended, epsilon);
  const raised = activations[spec.activation]!(scope.linear(sites.intermediate, middle));
  const lowered = scope.sublayer("feedForward", layer, scope.linear(sites.output, raised));
  return norm(scope, sites.outputNorm, add(drop(lowered, dropout.output, "output"), middle), epsilon);
}

/** softmax(Q Kᵀ / √(d · terms) + what places add + mask) V, by heads, on the padded view of the packed tokens. */
function attention(
  { hiddenSize, heads, dropout }: PostNorm,
  scope: Scope,
  batch: Batch,
  x: Tensor,
  sites: Layer,
  layer: number,
): Tensor {
  const split = (y: Tensor) => toHeads(y, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  const { terms, of: scoresOf } = batch.byPlace ?? { terms: 1 };
  const query = split(scale(scope.linear(sites.query, x), 1 / Math.sqrt((hiddenSize / heads) * terms)));
  const own = { key: split(scope.linear(sites.key, x)), value: split(scope.linear(sites.value, x)) };
  const { key, value, bias } = scope.attended(layer, { ...own, bias: batch.attentionBias });
  const scores = add(matMul(query, swapLast(key)), bias); // [batch, heads, length, length]
  const placed = scoresOf?.(layer, query, own.key);
  const weights = softmax(placed ? add(scores, besideVirtualKeys(placed, key)) : scores);
  const dropped = scope.dropout(weights, dropout.probabilities, `layer.${layer}.attention`);
  return fromHeads(matMul(dropped, value), batch.unpadIndex, batch.padIndex);
}
