/**
 * The encoder of the original transformer (Vaswani et al. 2017, arXiv 1706.03762): embeddings that are added up, layers with a
 * norm after attention and after the feed-forward part. BERT and most families after it are this one with other names.
 */
import { activations } from "../graph/nn.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { fromHeads, gatherRows, toHeads } from "../graph/ops/indexing.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type BatchLayout, type BatchTensors, batchInputs, noVirtualTokens } from "./batch.ts";
import { declareHead, ownLogits, poolByHead } from "./classification-head.ts";
import { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import { type HeadDescription, ownHead } from "./head-choice.ts";
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
  /** Rows of the table of positions, and the longest text, which may be shorter. */
  readonly positionRows: number;
  readonly maxPositions: number;
  /** Rows of the table of token types; 0 where there is none. */
  readonly tokenTypes: number;
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
  namesOf(layer: number): LayerNames;
  readonly head: HeadDescription;
}

/** An encoder of that form, with its own head for `labelCount` labels. */
export function postNorm(spec: PostNorm, labelCount: number): Encoder {
  const { hiddenSize, intermediateSize, heads, prefix } = spec;
  const declarations = new Declarations();
  const tables = {
    word: spec.vocabularySize,
    position: spec.positionRows,
    ...(spec.tokenTypes > 0 && { token_type: spec.tokenTypes }),
  };
  const encoderPart = { part: "encoder" } as const;
  for (const [table, rows] of Object.entries(tables))
    declarations.declare(tableName(prefix, table), [rows, hiddenSize], "embedding", encoderPart);
  declarations.norm(`${prefix}embeddings.LayerNorm`, hiddenSize, encoderPart);
  const layers = Array.from({ length: spec.layers }, (_, layer): Layer => {
    const at = { part: "encoder", layer } as const;
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
    let hidden = embed(spec, scope, batch);
    for (const [index, layer] of layers.entries())
      hidden = scope.mayFreeze(transformerLayer(spec, scope, batch, hidden, layer, index));
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
    embeddingSize: hiddenSize,
    vocabularySize: spec.vocabularySize,
    tokenTypes: spec.tokenTypes,
    layers: spec.layers,
    heads,
    maxPositions: spec.maxPositions,
    ...(spec.positions && { positions: spec.positions }),
    virtual: noVirtualTokens,
    initializerRange: spec.initializerRange,
    parameters: declarations.parameters,
    head: ownHead,
    classificationHead: spec.head,
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

type Role = "query" | "key" | "value" | "attentionOutput" | "intermediate" | "output";

/** The sites of a layer, and the names of its norms. */
type Layer = Readonly<Record<Role, LinearSite> & Record<"attentionNorm" | "outputNorm", string>>;

const tableName = (prefix: string, table: string): string => `${prefix}embeddings.${table}_embeddings.weight`;

/** [tokens] → [tokens, hidden] */
function embed({ prefix, tokenTypes, epsilon, dropout }: PostNorm, scope: Scope, batch: BatchTensors): Tensor {
  const look = (table: string, ids: Tensor) => gatherRows(scope.parameter(tableName(prefix, table)), ids);
  const words = scope.words(look("word", batch.tokenIds));
  const typed = tokenTypes > 0 ? add(words, look("token_type", batch.tokenTypes)) : words;
  const sum = add(typed, look("position", batch.positionIds));
  return scope.dropout(norm(scope, `${prefix}embeddings.LayerNorm`, sum, epsilon), dropout.embeddings, "embeddings");
}

function norm(scope: Scope, name: string, x: Tensor, epsilon: number): Tensor {
  return layerNorm(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`), epsilon);
}

/** One transformer layer: attention and feed-forward, each with a residual and a norm after it. */
function transformerLayer(
  spec: PostNorm,
  scope: Scope,
  batch: BatchTensors,
  x: Tensor,
  sites: Layer,
  layer: number,
): Tensor {
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
  batch: BatchTensors,
  x: Tensor,
  sites: Layer,
  layer: number,
): Tensor {
  const split = (y: Tensor) => toHeads(y, batch.fillIndex, batch.unpadIndex, "filled"); // [batch, heads, length, dim]
  const query = split(scale(scope.linear(sites.query, x), 1 / Math.sqrt(hiddenSize / heads)));
  const own = { key: split(scope.linear(sites.key, x)), value: split(scope.linear(sites.value, x)) };
  const { key, value, bias } = scope.attended(layer, { ...own, bias: batch.attentionBias });
  const weights = softmax(add(matMul(query, swapLast(key)), bias)); // [batch, heads, length, length]
  const dropped = scope.dropout(weights, dropout.probabilities, `layer.${layer}.attention`);
  return fromHeads(matMul(dropped, value), batch.unpadIndex, batch.padIndex);
}
