/** Disentangled attention (He et al. 2021, arXiv 2006.03654): scores of contents with relative positions, both ways. */
import { distanceToPlace } from "../graph/ops/distance.ts";
import { add, scale } from "../graph/ops/elementwise.ts";
import { gatherRows } from "../graph/ops/indexing.ts";
import { matMul, swapLast } from "../graph/ops/linalg.ts";
import { layerNorm } from "../graph/ops/reduce.ts";
import { reshape, transpose } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type DistanceInput, distanceInput } from "./batch.ts";
import type { Declarations } from "./declarations.ts";
import type { PlaceScores } from "./places.ts";
import type { LinearSite, Scope } from "./scope.ts";

/** Which scores there are: of the query's content with the key's position, and the other way round. */
export interface PositionTerms {
  readonly contentToPosition: boolean;
  readonly positionToContent: boolean;
}

/** What it needs of the relative positions. */
export interface RelativePositions {
  readonly hiddenSize: number;
  readonly heads: number;
  /** Whether positions are projected by the layers that tokens are projected by. */
  readonly sharesProjections: boolean;
  /** Half the rows of the table of relative positions, and the row of how many places a query stands behind its key. */
  readonly span: number;
  rowOf(distance: number): number;
  /** A LayerNorm of the table. @default none */
  readonly epsilon?: number | undefined;
  /** Of the table, in each layer anew. */
  readonly dropout: number;
}

/** The sites of a layer that project relative positions. */
interface LayerSites {
  readonly key?: LinearSite;
  readonly query?: LinearSite;
}

const TABLE = "encoder.rel_embeddings.weight";
const NORM = "encoder.LayerNorm";

/** What it adds to scores; the terms count as products whether or not there are relative positions. */
export const disentangled =
  ({ contentToPosition, positionToContent }: PositionTerms, own: RelativePositions | undefined) =>
  (declarations: Declarations, prefix: string): PlaceScores => {
    const terms = 1 + Number(contentToPosition) + Number(positionToContent);
    if (!own) return { inputs: [], terms, inProgram: () => () => undefined };
    const { hiddenSize, heads, rowOf } = own;
    const encoderPart = { part: "encoder" } as const;
    declarations.declare(`${prefix}${TABLE}`, [2 * own.span, hiddenSize], "embedding", encoderPart);
    if (own.epsilon !== undefined) declarations.norm(`${prefix}${NORM}`, hiddenSize, encoderPart);
    const layers: LayerSites[] = [];
    // By the distance from a row to a column: of scores that is from query to key, and of those turned round from key to query.
    const keyRows: DistanceInput = { name: "keyPositions", dtype: "int32", per: "distance", of: (to) => rowOf(-to) };
    const queryRows: DistanceInput = { name: "queryPositions", dtype: "int32", per: "distance", of: rowOf };
    const dim = hiddenSize / heads;
    return {
      inputs: [...(contentToPosition ? [keyRows] : []), ...(positionToContent ? [queryRows] : [])],
      terms,
      addLayer: (query, key, at) => {
        const site = (role: "positionKey" | "positionQuery", shared: LinearSite, name: string) =>
          own.sharesProjections
            ? shared
            : declarations.linear(role, shared.weight.replace(/[^.]+\.weight$/, name), [hiddenSize, hiddenSize], at);
        layers.push({
          ...(contentToPosition && { key: site("positionKey", key, "pos_key_proj") }),
          ...(positionToContent && { query: site("positionQuery", query, "pos_query_proj") }),
        });
      },
      inProgram: (scope) => {
        const table = tableOf(scope, prefix, own);
        return (layer, query, key) => {
          const dropped = scope.dropout(table, own.dropout, `layer.${layer}.positions`);
          const sites = layers[layer]!;
          /** [1, heads, dim, 2 · length]: only the distances that the batch has are projected. */
          const projected = (site: LinearSite, rows: DistanceInput, factor: number) => {
            const all = scale(scope.linear(site, gatherRows(dropped, distanceInput(rows))), factor);
            const byHead = transpose(reshape(all, [all.shape[0]!, heads, dim]), [1, 2, 0]);
            return reshape(byHead, [1, ...byHead.shape]);
          };
          const toPosition = sites.key && distanceToPlace(matMul(query, projected(sites.key, keyRows, 1)));
          const toContent =
            sites.query &&
            swapLast(distanceToPlace(matMul(key, projected(sites.query, queryRows, 1 / Math.sqrt(dim * terms)))));
          return toPosition && toContent ? add(toPosition, toContent) : (toPosition ?? toContent);
        };
      },
    };
  };

function tableOf(scope: Scope, prefix: string, { epsilon }: RelativePositions): Tensor {
  const table = scope.parameter(`${prefix}${TABLE}`);
  if (epsilon === undefined) return table;
  const own = (name: string) => scope.parameter(`${prefix}${NORM}.${name}`);
  return layerNorm(table, own("weight"), own("bias"), epsilon);
}

/**
 * The bucket of a distance: itself up to half of `buckets`, and from there to `most` wider and wider by its logarithm. In
 * float32, in which a step of one unit in the last place would lead to another bucket.
 */
export function logBucket(distance: number, buckets: number, most: number): number {
  const half = Math.floor(buckets / 2);
  const away = Math.abs(distance);
  if (away <= half) return distance;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(away / half))) / fround(log(fround((most - 1) / half))));
  return Math.sign(distance) * (Math.ceil(fround(share * (half - 1))) + half);
}
