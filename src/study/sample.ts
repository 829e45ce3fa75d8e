/** A small data set like a large one: what a method's step is timed on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset, Examples, Text } from "../tables/dataset.ts";

/** Texts by split. */
export type SampleSizes = Readonly<Record<"train" | "validation" | "test", number>>;

/** How such a data set is to be read; a second text stands in the column `pair`. */
export const sampleOptions = ({ splits }: Dataset) =>
  ({ text: splits.train.isPair ? "text,pair" : "text", label: "label", sharedTexts: "keep" }) as const;

/** Writes splits of texts whose lengths are spread as those of `dataset` are. Labels only have to be as many. */
export function writeSample(folder: string, { splits, labels }: Dataset, sizes: SampleSizes): void {
  mkdirSync(folder, { recursive: true });
  for (const split of ["train", "validation", "test"] as const) {
    const count = Math.max(sizes[split], labels.length);
    const rows = spread(splits[split], count).map((given, i) => {
      const [text, pair] = [given].flat();
      return { text, pair, label: labels[i % labels.length] };
    });
    writeFileSync(join(folder, `${split}.jsonl`), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  }
}

/** `count` texts at even steps from the shortest to the longest, in an order that mixes lengths. */
function spread(examples: Examples, count: number): Text[] {
  const lengths = Float64Array.from({ length: examples.length }, (_, i) => [examples.text(i)].flat().join("").length);
  const sorted = Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]!);
  const chosen = Array.from({ length: count }, (_, i) =>
    examples.text(sorted[Math.floor(((i + 0.5) * sorted.length) / count)]!),
  );
  return chosen.map((_, i) => chosen[(i * STRIDE) % count]!);
}

/** Prime, so that it walks through all places of any smaller number of texts. */
const STRIDE = 7919;
