/** The data sets on which the recipes were searched (docs/recipes.md) and int8 was tried (docs/accuracy.md), made from banking77 and dair-ai/emotion. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { permutation, randomKey } from "../src/base/random.ts";
import { sharedInputs } from "./options.ts";
import { type Dataset, loadTexts, writeCsv } from "./samples.ts";

interface Row {
  readonly text: string;
  readonly label: string;
}
type Source = "banking77" | "emotion";

interface SearchSet {
  readonly from: Source;
  /** Training texts in all, or of each label. */
  readonly train: { readonly count: number } | { readonly ofEach: number };
  readonly validation: number;
  /** The search looks at validation alone; every run computes test figures too, so they are kept short. @default 300 */
  readonly test?: number;
  /** Another name for a label; texts whose label has none are left out. @default its own */
  readonly rename?: Readonly<Record<string, string>>;
}

/** Emotions by whether one likes to have them; surprise may be either. */
const POLARITY = { joy: "pleasant", love: "pleasant", sadness: "unpleasant", anger: "unpleasant", fear: "unpleasant" };

const SETS: Readonly<Record<string, SearchSet>> = {
  banking77: { from: "banking77", train: { count: 2000 }, validation: 1000 },
  "banking77-8": { from: "banking77", train: { ofEach: 8 }, validation: 1000 },
  emotion: { from: "emotion", train: { count: 2000 }, validation: 1000 },
  "emotion-64": { from: "emotion", train: { ofEach: 64 }, validation: 600 },
  polarity: { from: "emotion", train: { count: 1000 }, validation: 600, rename: POLARITY },
  "banking77-1000": { from: "banking77", train: { count: 1000 }, validation: 400, test: Number.POSITIVE_INFINITY },
  "emotion-1000": { from: "emotion", train: { count: 1000 }, validation: 400, test: Number.POSITIVE_INFINITY },
};

export async function benchRecipeData(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      banking77: { type: "string", default: "../shared/data/banking77" },
      emotion: sharedInputs.data,
      out: { type: "string", default: "search-data" },
    },
  });
  const sources = { banking77: await loadTexts(values.banking77), emotion: await loadTexts(values.emotion) };
  for (const [name, set] of Object.entries(SETS)) {
    const folder = join(values.out, name);
    const of = (split: "train" | "validation" | "test") => shuffled(rowsOf(sources[set.from], split, set), split);
    const train = "count" in set.train ? of("train").slice(0, set.train.count) : ofEach(of("train"), set.train.ofEach);
    const [validation, test] = [of("validation").slice(0, set.validation), of("test").slice(0, set.test ?? 300)];
    writeCsv(folder, { train, validation, test });
    console.log(`${folder}: ${train.length} training texts`);
  }
}

function rowsOf({ splits, labels }: Dataset, split: "train" | "validation" | "test", { rename }: SearchSet): Row[] {
  return splits[split]
    .map(({ text, label }) => {
      const own = labels[label as number]!;
      return { text: text as string, label: rename ? (rename[own] ?? "") : own };
    })
    .filter(({ label }) => label !== "");
}

function shuffled(rows: readonly Row[], split: string): Row[] {
  return [...permutation(randomKey(42, "sample", split), rows.length)].map((i) => rows[i]!);
}

function ofEach(rows: readonly Row[], count: number): Row[] {
  const taken = new Map<string, number>();
  return rows.filter(({ label }) => {
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    return before < count;
  });
}
