/** One measurement of data.ts: `read` goes through the rows of a file, `load` makes splits of it, `train` trains on it. */
import { join } from "node:path";
import { peakRssBytes } from "../src/base/machine.ts";
import { train } from "../src/run/train.ts";
import { loadDataset } from "../src/tables/load-dataset.ts";
import { openTable } from "../src/tables/open-table.ts";

const [what, file, model] = process.argv.slice(2) as [string, string, string?];
const started = performance.now();
let rows = 0;
if (what === "read") {
  const table = await openTable(file);
  for await (const batch of table.rows(table.columns)) rows += batch.length;
} else if (what === "load") {
  const { splits } = await loadDataset({ path: file, seed: 42 });
  rows = Object.values(splits).reduce((sum, { length }) => sum + length, 0);
} else {
  const out = join(model!, `run-${process.pid}`);
  for await (const event of train({ model: model!, data: file, out, epochs: 1, batchSize: 64, threads: 1 }))
    if (event.type === "start") rows = Object.values(event.examples).reduce((a, b) => a + b, 0);
}
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, rows, peakRssBytes: peakRssBytes() }));
