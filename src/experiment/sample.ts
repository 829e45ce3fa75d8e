/** A small data set like a large one: what a method's step is timed on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset, Example } from "../data/dataset.ts";

/** Texts by split. */
export type SampleSizes = Readonly<Record<"train" | "validation" | "test", number>>;

/** Writes splits of texts whose lengths are spread as those of `dataset` are. Labels only have to be as many. */
export function writeSample(folder: string, { splits, labels }: Dataset, sizes: SampleSizes): void {
  mkdirSync(folder, { recursive: true });
  for (const split of ["train", "validation", "test"] as const) {
    const count = Math.max(sizes[split], labels.length);
    const rows = spread(splits[split], count).map(({ text }, i) => ({ text, label: labels[i % labels.length] }));
    writeFileSync(join(folder, `${split}.jsonl`), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  }
}

/** `count` texts at even steps from the shortest to the longest, in an order that mixes lengths. */
function spread(examples: readonly Example[], count: number): Example[] {
  const sorted = [...examples].sort((a, b) => a.text.length - b.text.length);
  const chosen = Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / count)]!);
  return chosen.map((_, i) => chosen[(i * STRIDE) % count]!);
}

/** Prime, so that it walks through all places of any smaller number of texts. */
const STRIDE = 7919;
