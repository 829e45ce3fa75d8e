/**
 * How a step gains from threads: measured with one and with all of this machine, and what follows for 8 and 16. Products are
 * counted by how ONNX Runtime shares them out; what does not become faster with a second thread never will.
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { usableThreads } from "../src/base/thread-count.ts";
import { inShortStretches, reproducibleThreads } from "../src/engine/reproducible-threads.ts";
import { evaluateShape } from "../src/graph/dim.ts";
import { int8ProductOp } from "../src/graph/ops/int8-product.ts";
import { affineOp, matMulOp, productOp } from "../src/graph/ops/linalg.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import type { AttuneJob } from "./attune.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, median, milliseconds, times } from "./figures.ts";
import { type JobName, jobNames, jobOf } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { onOwnCores } from "./own-cores.ts";
import { measureHere } from "./processes.ts";
import { operationsOf } from "./products.ts";
import { resultsFolder, writeResults } from "./results.ts";
import { type AttuneSteps, programOf } from "./steps.ts";

const WARM_UP_STEPS = 3;
/** Numbers of threads that no machine at hand has. */
const EXPECTED = [8, 16];
/** ONNX Runtime shares out columns in blocks of so many. */
const BLOCK_COLUMNS = 16;

/** Products of one shape. */
interface Kind {
  readonly shape: readonly [products: number, rows: number, inner: number, columns: number];
  /** Of all products' operations. */
  readonly share: number;
  /** Parts into which ONNX Runtime can share it out. */
  readonly parts: number;
}

export async function benchThreads(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      jobs: { type: "string", default: "full,lora,loraInt8" },
      batch: { type: "string", default: "16" },
      rounds: { type: "string" },
      steps: { type: "string" },
      threads: { type: "string", default: String(usableThreads()) },
      out: { type: "string", default: resultsFolder },
      short: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const steps = Number(values.steps ?? (values.short ? 5 : 23));
  const most = Number(values.threads);
  const found: object[] = [];
  const head = ["step", "1 thread", `${most} threads`, "faster", ...EXPECTED.map((count) => `${count}, expected`)];
  const rows = [[...head, "same bits up to"]];
  const shapes = [
    ["step", "products", "rows", "inner", "columns", "of all", "parts", ...EXPECTED.map((count) => `used of ${count}`)],
  ];
  for (const name of chosen("jobs", values.jobs, jobNames)) {
    const { model, data } = values;
    const options = { model, data, batchSize: Number(values.batch), learningRate: 1e-4, ...jobOf(name).options };
    const seconds = new Map([1, most].map((threads) => [threads, [] as number[]]));
    for (let round = 1; round <= rounds; round++)
      for (const [threads, all] of seconds) {
        const job = { options: { ...options, threads }, steps } as AttuneJob;
        const { stepSeconds } = onOwnCores(values.short ? 1 : threads, () =>
          measureHere<AttuneSteps>("attune.ts", job),
        );
        all.push(...stepSeconds.slice(WARM_UP_STEPS));
        console.log(`round ${round}, ${name}, ${threads} threads: ${milliseconds(median(all))}`);
      }
    const [one, several] = [1, most].map((threads) => median(seconds.get(threads)!)) as [number, number];
    const { outputs, sizes } = await programOf(options as Parameters<typeof programOf>[0]);
    const kinds = kindsOf(outputs, sizes);
    const shared = most > 1 ? Math.min(one, (one - several) / (1 - 1 / most)) : 0;
    const expected = EXPECTED.map((count) => one - shared + shared / (count * usedOf(kinds, count)));
    const limit = reproducibleThreads(inShortStretches(outputs));
    rows.push([
      jobOf(name).title,
      milliseconds(one),
      milliseconds(several),
      times(one / several),
      ...expected.map((time) => `${milliseconds(time)} (${times(one / time)})`),
      String(limit),
    ]);
    for (const kind of kinds.slice(0, 6))
      shapes.push([
        jobOf(name).title,
        ...kind.shape.map(String),
        percent(kind.share),
        String(kind.parts),
        ...EXPECTED.map((count) => percent(usedOf([kind], count))),
      ]);
    found.push({ job: name satisfies JobName, one, several, threads: most, expected, sameBitsUpTo: limit, kinds });
  }
  const note = `${basename(values.model)}, batch ${values.batch}; medians of ${rounds} rounds of ${steps - WARM_UP_STEPS} steps in turn. Expected: what became faster with ${most} threads divides by as many, as far as the products' parts come out even; one memory for all cores, and cores that share one, are not in it.`;
  const markdown = `${note}\n\n${markdownTable(rows)}\n\nThe largest products of a step of one batch:\n\n${markdownTable(shapes)}`;
  const path = writeResults(values.out, benchMachine(), { markdown, data: { rounds, found } }, "threads");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Products of each shape, the largest share of the operations first. */
export function kindsOf(outputs: Readonly<Record<string, Tensor>>, sizes: Readonly<Record<string, number>>): Kind[] {
  const byShape = new Map<string, { shape: Kind["shape"]; operations: number }>();
  for (const node of nodesInOrder(Object.values(outputs))) {
    if (![productOp, affineOp, matMulOp, int8ProductOp].some((op) => op === (node.op as unknown))) continue;
    const dims = evaluateShape(node.outputs[0]!.shape, sizes);
    const [rows, columns] = dims.slice(-2) as [number, number];
    const operations = operationsOf(node, sizes);
    const many = dims.slice(0, -2).reduce((a, b) => a * b, 1);
    const inner = operations / (2 * many * rows * columns);
    const key = `${[many, rows, inner, columns]}`;
    const kind = byShape.get(key) ?? { shape: [many, rows, inner, columns], operations: 0 };
    kind.operations += operations;
    byShape.set(key, kind);
  }
  const kinds = [...byShape.values()].sort((a, b) => b.operations - a.operations);
  const total = kinds.reduce((sum, { operations }) => sum + operations, 0);
  return kinds.map(({ shape, operations }) => {
    const [many, rows, , columns] = shape;
    const parts = many > 1 ? many : columns > rows ? Math.ceil(columns / BLOCK_COLUMNS) : rows;
    return { shape, share: operations / total, parts };
  });
}

/** Which share of so many threads products keep at work: the slowest has the most parts. */
export function usedOf(kinds: readonly Kind[], threads: number): number {
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  const time = kinds.reduce((sum, { share, parts }) => sum + share * Math.ceil(parts / threads) * (threads / parts), 0);
  return total / time;
}
