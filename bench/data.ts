/**
 * A CSV file of a million rows: how fast it is read, beside pyarrow's CSV reader on the same file, and how much memory
 * training on it takes beyond what the same run takes on a thousand rows. Each measurement has a process of its own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tinyModel } from "../test/tiny.ts";
import { megabytes } from "./figures.ts";
import { writeMadeRows } from "./made-rows.ts";
import { defaultPython } from "./processes.ts";

interface Measured {
  readonly seconds: number;
  readonly rows: number;
  readonly peakRssBytes: number;
}

const FEW_ROWS = 1000;

export async function benchData(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "1000000" },
      python: { type: "string", default: defaultPython() },
      "read-only": { type: "boolean", default: false },
    },
  });
  const rows = Number(values.rows);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const file = join(folder, "rows.csv");
    writeMadeRows(file, rows);
    console.log(`${rows} rows, ${megabytes(statSync(file).size)}`);
    print("attune, rows", measure("read", file));
    const peer = spawnSync(values.python, [new URL("data.py", import.meta.url).pathname, file], { encoding: "utf8" });
    if (peer.status === 0) print("pyarrow, rows", JSON.parse(peer.stdout));
    else console.log(`pyarrow was not measured: ${values.python} has none (name one with --python)`);
    print("attune, splits", measure("load", file));
    if (!values["read-only"]) {
      const few = join(folder, "few.csv");
      writeMadeRows(few, FEW_ROWS);
      const model = tinyModel(join(folder, "model"));
      const own = measure("train", few, model);
      const all = measure("train", file, model);
      print("attune, training", all);
      const above = all.peakRssBytes - own.peakRssBytes;
      console.log(`above the model's own, which is the peak of the same run on ${FEW_ROWS} rows: ${megabytes(above)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(...args: readonly string[]): Measured {
  const script = new URL("data-attune.ts", import.meta.url).pathname;
  const output = execFileSync(process.execPath, [...process.execArgv, script, ...args], { encoding: "utf8" });
  return JSON.parse(output.trim().split("\n").at(-1)!) as Measured;
}

function print(name: string, { seconds, rows, peakRssBytes }: Measured): void {
  const speed = `${Math.round(rows / seconds).toLocaleString("en")} rows/s`;
  console.log(
    `${name.padEnd(18)}${seconds.toFixed(1).padStart(7)} s ${speed.padStart(20)}   peak ${megabytes(peakRssBytes)}`,
  );
}
