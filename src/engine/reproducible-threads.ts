/**
 * With how many threads a program can run and still compute the same bits as with one. ONNX Runtime splits a product with
 * more columns than rows by columns, 16 at a time, and sums over longer stretches where a thread gets 64 or fewer: from
 * there on the number of threads would show in the last digits. So no thread gets that few.
 */
import type { Dim } from "../graph/dim.ts";
import { affineOp, type ProductAttributes, productOp } from "../graph/ops/linalg.ts";
import { nodesInOrder } from "../graph/order.ts";
import type { Node, Tensor } from "../graph/tensor.ts";

const BLOCK_COLUMNS = 16;
/** The fewest blocks with which a thread sums as one thread alone would. */
const BLOCKS_PER_THREAD = 5;
/** Inner sizes up to here are summed in one stretch anyway. */
const ONE_STRETCH = 128;

/** The most threads, at least 1, for which the bits do not depend on their number. */
export function reproducibleThreads(outputs: Readonly<Record<string, Tensor>>): number {
  const products = nodesInOrder(Object.values(outputs)).filter(({ op }) => op === productOp || op === affineOp);
  const limits = products.map(columnsThatAreSplit).filter((columns) => columns !== undefined);
  return Math.max(1, Math.min(...limits.map((columns) => Math.floor(columns / BLOCK_COLUMNS / BLOCKS_PER_THREAD))));
}

/** Columns of a product that can be split by columns into differing stretches. */
function columnsThatAreSplit({ inputs: [a], outputs: [y], attributes }: Node): number | undefined {
  const [rows, columns] = y!.shape as [Dim, Dim];
  const inner = a!.shape[(attributes as unknown as ProductAttributes).transA ? 0 : 1]!;
  if (typeof columns !== "number" || (typeof inner === "number" && inner <= ONE_STRETCH)) return undefined;
  if (typeof rows === "number" && rows >= columns) return undefined;
  // Narrower products (thin matrices, labels) have more rows than columns, or too little work for two threads.
  return columns >= BLOCK_COLUMNS * BLOCKS_PER_THREAD ? columns : undefined;
}
