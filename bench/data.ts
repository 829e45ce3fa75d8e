/**
 * A CSV file of a million rows: how fast it is read, beside pyarrow's CSV reader on the same file, and how much memory
 * training on it takes beyond what the same run takes on a thousand rows. Each measurement has a process of its own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomKey, uint32 } from "../src/base/random.ts";
import { tinyModel } from "../test/tiny.ts";

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
      python: { type: "string", default: process.env.ATTUNE_PYTHON ?? "python3" },
      "read-only": { type: "boolean", default: false },
    },
  });
  const rows = Number(values.rows);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const file = join(folder, "rows.csv");
    writeRows(file, rows);
    console.log(`${rows} rows, ${megabytes(statSync(file).size)}`);
    print("attune, rows", measure("read", file));
    const peer = spawnSync(values.python, [new URL("data.py", import.meta.url).pathname, file], { encoding: "utf8" });
    if (peer.status === 0) print("pyarrow, rows", JSON.parse(peer.stdout));
    else console.log(`pyarrow was not measured: ${values.python} has none (name one with --python)`);
    print("attune, splits", measure("load", file));
    if (!values["read-only"]) {
      const few = join(folder, "few.csv");
      writeRows(few, FEW_ROWS);
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

const WORDS = "the a i feel very happy sad good bad cat dog running was is it that so and then more again".split(" ");
const LABELS = ["joy", "anger", "fear", "love"];

/** Rows of 5 to 24 words, no text twice; every fifth in quotes. */
function writeRows(path: string, count: number): void {
  const file = openSync(path, "w");
  writeSync(file, "text,label\n");
  for (let from = 0; from < count; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, count - from) }, (_, i) => {
      const key = randomKey(0, "sample", from + i);
      const words = Array.from(
        { length: 5 + (uint32(key, 0) % 20) },
        (_, k) => WORDS[uint32(key, k + 1) % WORDS.length],
      );
      const text = `${words.join(" ")} ${from + i}`;
      return `${i % 5 === 0 ? `"${text}, so"` : text},${LABELS[uint32(key, 99) % LABELS.length]}\n`;
    });
    writeSync(file, lines.join(""));
  }
  closeSync(file);
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

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
