/**
 * The encoder of the original transformer (Vaswani et al. 2017, arXiv 1706.03762): embeddings that are added up, layers with a
 * norm after attention and after the feed-forward part. BERT and most families after it are this one with other names.
 */
import { activations } from "../graph/nn.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { fromHeads, gatherRows, toHeads } from "../graph/ops/indexing.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import { reshape, slice, transpose } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  type BatchLayout,
  type BatchTensors,
  batchInputs,
  type DistanceInput,
  distanceInput,
  noVirtualTokens,
} from "./batch.ts";
import { declareHead, ownLogits, poolByHead } from "./classification-head.ts";
import { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import { type HeadDescription, type LanguageHeadDescription, ownHead } from "./head-choice.ts";
import { besideVirtualKeys, NEVER_REACHED } from "./places.ts";
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

/** A bias of attention scores that depends on how far apart query and key are, one table for all layers. */
export interface DistanceBias {
  /** Its name in the checkpoint, without the prefix: [buckets, heads]. */
  readonly table: string;
  readonly buckets: number;
  /** The row of the table for a distance. */
  bucketOf(distance: number): number;
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
  /** Rows of the table of positions, and the longest text, which may be shorter. */
  readonly positionRows: number;
  readonly maxPositions: number;
  /** Rows of the table of token types; 0 where there is none. */
  readonly typeRows: number;
  /** Whether types are read; else all tokens have the first. @default true */
  readonly readsTypes?: boolean;
  /** Width of the tables, and the layer that takes it to the hidden size. @default the hidden size, and no layer */
  readonly embeddings?: { readonly size: number; readonly projection?: string };
  /** @default none */
  readonly distanceBias?: DistanceBias;
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
  /** Whether layers share their parameters, which then belong to no single one. @default false */
  readonly sharesLayers?: boolean;
  readonly head: HeadDescription;
  readonly languageHead: LanguageHeadDescription;
}

/** An encoder of that form, with its own head for `labelCount` labels. */
export function postNorm(spec: PostNorm, labelCount: number): Encoder {
  const { hiddenSize, intermediateSize, heads, prefix, distanceBias } = spec;
  const { size: embeddingSize, projection } = spec.embeddings ?? { size: hiddenSize };
  const declarations = new Declarations();
  const tables = {
    word: spec.vocabularySize,
    position: spec.positionRows,
    ...(spec.typeRows > 0 && { token_type: spec.typeRows }),
  };
  const encoderPart = { part: "encoder" } as const;
  for (const [table, rows] of Object.entries(tables))
    declarations.declare(tableName(prefix, table), [rows, embeddingSize], "embedding", encoderPart);
  declarations.norm(`${prefix}embeddings.LayerNorm`, embeddingSize, encoderPart);
  const raise =
    projection === undefined
      ? undefined
      : declarations.linear("embeddingProjection", `${prefix}${projection}`, [hiddenSize, embeddingSize], encoderPart);
  // By its name it is a bias to Transformers and PEFT: without decay, and trained where biases are.
  if (distanceBias)
    declarations.declare(`${prefix}${distanceBias.table}`, [distanceBias.buckets, heads], "bias", encoderPart);
  const layers = Array.from({ length: spec.layers }, (_, layer): Layer => {
    const at = spec.sharesLayers ? encoderPart : ({ part: "encoder", layer } as const);
    const names = spec.namesOf(layer);
    const square = [hiddenSize, hiddenSize] as const;
    const linear = (role: Role, size: readonly [number, number]) =>
      declarations.linear(role, `${prefix}${names[role]}`, size, at);
    const norm = (which: "attentionNorm" | "outputNorm") => {
      declarations.norm(`${prefix}${names[which]}`, hiddenSize, at);
      return `${prefix}${names[which]}`;
    };
    return {
      query: linear("query", square),
      key: linear("key", square),
      value: linear("value", square),
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
    const embedded = embed(spec, scope, batch);
    const placeBias = distanceBias && biasOfPlaces(scope, prefix, distanceBias);
    let hidden = raise ? scope.linear(raise, embedded) : embedded;
    for (const [index, layer] of layers.entries())
      hidden = scope.mayFreeze(transformerLayer(spec, scope, { ...batch, placeBias }, hidden, layer, index));
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
    heads,
    maxPositions: spec.maxPositions,
    ...(spec.positions && { positions: spec.positions }),
    // Where scores depend on the place, padding with the pooled token's key could outscore it.
    ...(distanceBias && { distances: [bucketsOf(distanceBias)], masked: NEVER_REACHED }),
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

/** A batch, and the bias of its places. */
type Batch = BatchTensors & { readonly placeBias: Tensor | undefined };

type Role = "query" | "key" | "value" | "attentionOutput" | "intermediate" | "output";

/** The sites of a layer, and the names of its norms. */
type Layer = Readonly<Record<Role, LinearSite> & Record<"attentionNorm" | "outputNorm", string>>;

const tableName = (prefix: string, table: string): string => `${prefix}embeddings.${table}_embeddings.weight`;

/** [tokens] → [tokens, embedding] */
function embed(
  { prefix, typeRows, readsTypes = true, epsilon, dropout }: PostNorm,
  scope: Scope,
  batch: BatchTensors,
): Tensor {
  const look = (table: string, ids: Tensor) => gatherRows(scope.parameter(tableName(prefix, table)), ids);
  const words = scope.words(look("word", batch.tokenIds));
  const type = () =>
    readsTypes
      ? look("token_type", batch.tokenTypes)
      : slice(scope.parameter(tableName(prefix, "token_type")), 0, 0, 1);
  const typed = typeRows > 0 ? add(words, type()) : words;
  const sum = add(typed, look("position", batch.positionIds));
  return scope.dropout(norm(scope, `${prefix}embeddings.LayerNorm`, sum, epsilon), dropout.embeddings, "embeddings");
}

function norm(scope: Scope, name: string, x: Tensor, epsilon: number): Tensor {
  return layerNorm(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`), epsilon);
}

const bucketsOf = ({ bucketOf }: DistanceBias): DistanceInput => ({
  name: "distanceBuckets",
  dtype: "int32",
  of: bucketOf,
});

/** What is added to scores by distance: [1, heads, length, length]. */
function biasOfPlaces(scope: Scope, prefix: string, own: DistanceBias): Tensor {
  const table = scope.parameter(`${prefix}${own.table}`);
  const rows = gatherRows(table, distanceInput(bucketsOf(own))); // [length, length, heads]
  return reshape(transpose(rows, [2, 0, 1]), [1, table.shape[1]!, "length", "length"]);
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

/** softmax(Q Kᵀ / √d + mask) V, by heads, on the padded view of the packed tokens. */
function attention(
  { hiddenSize, heads, dropout }: PostNorm,
  scope: Scope,
  batch: Batch,
  x: Tensor,
  sites: Layer,
  layer: number,
): Tensor {
  const split = (y: Tensor) => toHeads(y, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  const query = split(scale(scope.linear(sites.query, x), 1 / Math.sqrt(hiddenSize / heads)));
  const own = { key: split(scope.linear(sites.key, x)), value: split(scope.linear(sites.value, x)) };
  const { key, value, bias } = scope.attended(layer, { ...own, bias: batch.attentionBias });
  const scores = add(matMul(query, swapLast(key)), bias); // [batch, heads, length, length]
  const weights = softmax(batch.placeBias ? add(scores, besideVirtualKeys(batch.placeBias, key)) : scores);
  const dropped = scope.dropout(weights, dropout.probabilities, `layer.${layer}.attention`);
  return fromHeads(matMul(dropped, value), batch.unpadIndex, batch.padIndex);
}
