/** One side of the bound, in a process of its own: a step's program, or only the matrix products of it. */
import { compileProducts, type Products } from "./products.ts";
import { type JobOptions, takeSteps } from "./steps.ts";

export interface BoundJob {
  readonly steps: number;
  readonly options: JobOptions;
  readonly productsOnly?: boolean;
}

export interface BoundSteps {
  readonly graphSeconds: readonly number[];
  /** How many products there are, and their floating-point operations at each step; without products, none. */
  readonly count: number;
  readonly operations: readonly number[];
}

const { steps, options, productsOnly } = JSON.parse(process.argv[2]!) as BoundJob;
let products: Products | undefined;
const operations: number[] = [];
// The gradients of products alone mean nothing, so they must not move the weights either.
const still = { ...options, learningRate: 1e-12 };
const { graphSeconds } = await takeSteps(still, steps, {
  ...(productsOnly && {
    replace: async (engine, outputs) => {
      products = await compileProducts(engine, outputs);
      return products.executable;
    },
  }),
  ran: () => operations.push(products?.operations() ?? 0),
});
console.log(JSON.stringify({ graphSeconds, count: products?.count ?? 0, operations } satisfies BoundSteps));
