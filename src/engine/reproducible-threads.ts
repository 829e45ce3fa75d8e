/**
 * With how many threads a program can run and still compute the same bits as with one. ONNX Runtime splits a product with
 * more columns than rows by columns, 16 at a time, and sums over longer stretches where a thread gets 64 or fewer: from
 * there on the number of threads would show in the last digits. So with `--bits same` no thread gets that few.
 */
import type { Dim } from "../graph/dim.ts";
import { add } from "../graph/ops/elementwise.ts";
import { affineOp, type ProductAttributes, product, productOp } from "../graph/ops/linalg.ts";
import { slice } from "../graph/ops/shape.ts";
import { nodesInOrder } from "../graph/order.ts";
import { replaceNodes } from "../graph/replace-nodes.ts";
import type { Node, Tensor } from "../graph/tensor.ts";

/** Whether results may depend on how many threads computed them. */
export const bitsNames = ["any", "same"] as const;
export type Bits = (typeof bitsNames)[number];

const BLOCK_COLUMNS = 16;
/** The fewest blocks with which a thread sums as one thread alone would. */
const BLOCKS_PER_THREAD = 5;
/** Inner sizes up to here are summed in one stretch anyway. */
const ONE_STRETCH = 128;

/** The most threads, at least 1, for which the bits do not depend on their number. */
export function reproducibleThreads(outputs: Readonly<Record<string, Tensor>>): number {
  const products = nodesInOrder(Object.values(outputs)).filter(isProduct);
  return Math.max(1, Math.min(...products.map(threadsOf)));
}

/**
 * The same outputs, products that alone would hold a program to one thread summed in short stretches one after the other: the
 * gradient of word embeddings that are narrower than the encoder (ALBERT, ELECTRA) is such a product. A program that other
 * products hold to one thread anyway stays as it is.
 */
export function inShortStretches(outputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> {
  const holding = nodesInOrder(Object.values(outputs)).filter((node) => isProduct(node) && threadsOf(node) === 1);
  if (holding.length === 0 || !holding.every(canBeStretched)) return outputs;
  return replaceNodes(outputs, (node) => (isProduct(node) && threadsOf(node) === 1 ? sumOfStretches(node) : undefined));
}

const isProduct = ({ op }: Node): boolean => op === productOp || op === affineOp;

const canBeStretched = (node: Node): boolean => node.op === productOp && typeof innerOf(node) === "number";

function sumOfStretches(node: Node): Tensor {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const attributes = node.attributes as unknown as ProductAttributes;
  const inner = innerOf(node) as number;
  const parts = Array.from({ length: Math.ceil(inner / ONE_STRETCH) }, (_, i) => {
    const [from, to] = [i * ONE_STRETCH, Math.min(inner, (i + 1) * ONE_STRETCH)];
    return product(
      slice(a, attributes.transA ? 0 : 1, from, to),
      slice(b, attributes.transB ? 1 : 0, from, to),
      attributes,
    );
  });
  return parts.reduce((sum, part) => add(sum, part));
}

const innerOf = ({ inputs: [a], attributes }: Node): Dim =>
  a!.shape[(attributes as unknown as ProductAttributes).transA ? 0 : 1]!;

/** The most threads for a product: no limit where it is not split by columns into differing stretches. */
function threadsOf(node: Node): number {
  const columns = columnsThatAreSplit(node);
  return columns === undefined ? Number.POSITIVE_INFINITY : Math.floor(columns / BLOCK_COLUMNS / BLOCKS_PER_THREAD);
}

/** Columns of a product that can be split by columns into differing stretches. */
function columnsThatAreSplit(node: Node): number | undefined {
  const [rows, columns] = node.outputs[0]!.shape as [Dim, Dim];
  const inner = innerOf(node);
  if (typeof columns !== "number" || (typeof inner === "number" && inner <= ONE_STRETCH)) return undefined;
  if (typeof rows === "number" && rows >= columns) return undefined;
  // Narrower products (thin matrices, labels) have more rows than columns, or too little work for two threads.
  return columns >= BLOCK_COLUMNS * BLOCKS_PER_THREAD ? columns : undefined;
}
