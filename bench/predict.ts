/**
 * `attune predict --data` on tables of more and more rows: time and peak memory of the whole command. With a tiny model the
 * command itself is what is measured; with a real one, that its batches are no larger for many rows.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { train } from "../src/run/train.ts";
import { tinyModel } from "../test/tiny.ts";
import { type Ran, runBuilt } from "./built.ts";
import { markdownTable, megabytes, seconds, times } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { writeMadeRows } from "./made-rows.ts";
import { includedInputs, measuring } from "./options.ts";
import { writeResults } from "./results.ts";

const GOAL_BYTES = 600e6;

interface Row extends Ran {
  readonly model: string;
  readonly rows: number;
}

export async function benchPredict(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ model: includedInputs.model, ...measuring },
      rows: { type: "string" },
      "tiny-rows": { type: "string" },
    },
  });
  const sizes = (given: string | undefined, otherwise: string, short: string) =>
    (given ?? (values.short ? short : otherwise)).split(",").map(Number);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const found: Row[] = [];
  try {
    const few = join(folder, "few.csv");
    writeMadeRows(few, 200);
    const tiny = tinyModel(join(folder, "tiny"));
    for (const [name, model, counts] of [
      ["tiny", tiny, sizes(values["tiny-rows"], "100000,1000000", "100,1000")],
      [values.model, values.model, sizes(values.rows, "10000,100000", "100")],
    ] as const) {
      const run = join(folder, `run-${found.length}`);
      await train({ model, data: few, out: run, method: "probe", head: "mean", epochs: 1, threads: 1 });
      for (const rows of counts) {
        const [data, out] = [join(folder, "rows.csv"), join(folder, `predictions-${found.length}.csv`)];
        writeMadeRows(data, rows);
        const command = ["predict", run, "--data", data, "--out", out, "--top", "2", "--threads", values.threads];
        const ran = { model: name, rows, ...runBuilt(...command) };
        found.push(ran);
        console.log(`${name}, ${rows} rows: ${seconds(ran.seconds)}, ${megabytes(ran.peakRssBytes)}`);
        rmSync(out);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const table = markdownTable([
    ["model", "rows", "time", "rows/s", "peak memory", "over the fewest rows"],
    ...found.map(({ model, rows, seconds: time, peakRssBytes }) => [
      model,
      rows.toLocaleString("en"),
      seconds(time),
      Math.round(rows / time).toLocaleString("en"),
      megabytes(peakRssBytes),
      times(peakRssBytes / found.find((row) => row.model === model)!.peakRssBytes),
    ]),
  ]);
  const note = `\`attune predict RUN --data rows.csv --out predictions.csv --top 2\`, ${values.threads} threads, rows of 5 to 24 words; the whole command, its start with it. Goal: at most ${megabytes(GOAL_BYTES)}, and flat.`;
  const markdown = `${note}\n\n${table}`;
  const data = { threads: Number(values.threads), found };
  const path = writeResults(values.out, benchMachine(), { markdown, data }, "predict");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}
