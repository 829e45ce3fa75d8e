/** SHA-256 of what a command wrote, without what differs from one time, folder or machine to another. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";

export const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Each file in `folder` that is a result, by its path there. Descriptions of a run (attune_adapter.json, model cards, and
 * run.json besides its search for a head) name paths and versions, events and reports times; checkpoints hold what the
 * weights came from.
 */
export function hashesOf(folder: string): (readonly [file: string, hash: string])[] {
  return filesIn(folder).flatMap((path) => {
    const stable = stableOf(path);
    return stable === undefined ? [] : [[relative(folder, path).split(sep).join("/"), sha256(stable)] as const];
  });
}

/** In folders of these names nothing is a result: in a study, each run is in the tables already. */
const passedOver: ReadonlySet<string> = new Set(["checkpoints", "runs", "shared"]);

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return passedOver.has(entry.name) ? [] : filesIn(path);
  });
}

function stableOf(path: string): string | Buffer | undefined {
  const name = basename(path);
  if (name === "result.json") return withoutMeasured(JSON.parse(readFileSync(path, "utf8")));
  if (name === "run.json") return withoutMeasured(JSON.parse(readFileSync(path, "utf8")).headSearch);
  if (name.endsWith(".csv")) return withoutMeasuredColumns(readFileSync(path, "utf8"));
  const whole = /\.(safetensors|onnx)$/.test(name) || name === "tokenizer.json" || isPredictions(path);
  return whole ? readFileSync(path) : undefined;
}

const isPredictions = (path: string): boolean => path.split(sep).at(-2) === "predictions";

/**
 * Times, what the system says of memory, and bytes on disk, which count the paths in a description; and what 0.1.0 called
 * otherwise or did not have yet, as what is said of a result.
 */
const measuredKey =
  /seconds$|PerSecond$|^peakRssBytes$|^storedBytes$|^(kept|frozenFeature)Bytes$|^scores$|^(baselines|verdict)$/i;

/** What is left of a value of JSON, as JSON. */
export function withoutMeasured(value: unknown): string | undefined {
  return JSON.stringify(value, (key, each) => (measuredKey.test(key) ? undefined : each));
}

/** The same in a study's tables, where versions, the machine and options, of which some are paths, stand beside them. */
const measuredColumn =
  /(^|_)seconds(_|$)|_per_second$|^peak_rss_bytes$|^stored_bytes$|^(kept|frozen_feature)_bytes$|^(processor|attune|engine|node|options)$/;

/** Lines end as in RFC 4180, with \r\n. */
function withoutMeasuredColumns(csv: string): string {
  const [columns, ...rows] = csv.trimEnd().split(/\r?\n/).map(cellsOf);
  const kept = (cells: readonly string[]) => cells.filter((_, i) => !measuredColumn.test(columns![i]!)).join(",");
  return [columns!, ...rows].map(kept).join("\n");
}

/** The cells of a line as they stand there, quotes and all. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)].map(([, cell]) => cell!);
