/** The data set that comes with the package keeps what its card says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../src/tables/load-dataset.ts";

const path = fileURLToPath(new URL("../../../data/emotions/", import.meta.url));
const SPLITS = ["train", "validation", "test"] as const;
const NEAR_DUPLICATE = 0.6;
const OPENING_SHARE = 0.02;

const { labels, splits, notes } = await loadDataset({ path, seed: 1 });
const card = readFileSync(`${path}README.md`, "utf8").replaceAll(/\s+/g, " ");
const all = SPLITS.flatMap((split) => splits[split].map(({ id, text }) => ({ id, text })));

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z0-9']+/g) ?? [];
const openingOf = (text: string): string => wordsOf(text).slice(0, 2).join(" ");

/** Pairs of ids whose sets of words have a Jaccard index of `NEAR_DUPLICATE` or more. */
function nearDuplicates(texts: readonly { readonly id: string; readonly text: string }[]): string[] {
  const sets = texts.map(({ text }) => new Set(wordsOf(text)));
  const textsWith = new Map<string, number[]>();
  return sets.flatMap((words, i) => {
    const shared = new Array<number>(i).fill(0);
    for (const word of words) {
      const earlier = textsWith.get(word) ?? [];
      for (const j of earlier) shared[j]!++;
      textsWith.set(word, earlier);
      earlier.push(i);
    }
    return shared.flatMap((both, j) =>
      both >= NEAR_DUPLICATE * (words.size + sets[j]!.size - both) ? `${texts[j]!.id} ${texts[i]!.id}` : [],
    );
  });
}

/** Openings of two words that more texts have than the card allows. */
function commonOpenings(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const opening of texts.map(openingOf)) counts.set(opening, (counts.get(opening) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > OPENING_SHARE * texts.length).map(([opening]) => opening);
}

describe("the emotions data set", () => {
  test("has its splits as files, and six labels", () => {
    expect(notes).toEqual([]);
    expect(labels).toEqual(["anger", "fear", "joy", "love", "sadness", "surprise"]);
  });

  test("has as many texts of each label in each split as the card says", () => {
    const row = (name: string, counts: readonly number[]) =>
      `| ${[name, ...counts, counts.reduce((sum, count) => sum + count)].join(" | ")} |`;
    for (const [i, label] of labels.entries())
      expect(card).toContain(
        row(
          label,
          SPLITS.map((split) => [...splits[split]].filter((example) => example.label === i).length),
        ),
      );
    const sizes = SPLITS.map((split) => splits[split].length);
    expect(card).toContain(row("all", sizes));
    expect(card).toContain(`# Emotions: ${all.length.toLocaleString("en")} short texts in six classes`);
  });

  test("has texts as long as the card says", () => {
    const lengths = all.map(({ text }) => text.split(" ").length);
    const mean = lengths.reduce((sum, length) => sum + length) / lengths.length;
    expect(card).toContain(
      `Texts have ${Math.min(...lengths)} to ${Math.max(...lengths)} words (mean ${mean.toFixed(1)})`,
    );
  });

  test("is clean: printable ASCII, single spaces, none at the ends", () => {
    expect(all.filter(({ text }) => !/^[!-~]+(?: [!-~]+)*$/.test(text))).toEqual([]);
    for (const split of SPLITS) expect(readFileSync(`${path}${split}.csv`).includes("\r")).toBe(false);
  });

  test("has no near-duplicates, within splits and across them", () => {
    expect(card).toContain(`a Jaccard index below ${NEAR_DUPLICATE}`);
    expect(nearDuplicates(all)).toEqual([]);
  });

  test("has words that the mini encoder mostly knows whole", () => {
    const file = fileURLToPath(new URL("../../../models/mini/tokenizer.json", import.meta.url));
    const { model } = JSON.parse(readFileSync(file, "utf8")) as { model: { vocab: Record<string, number> } };
    const words = all.flatMap(({ text }) => text.toLowerCase().match(/[a-z]+/g) ?? []);
    const whole = words.filter((word) => Object.hasOwn(model.vocab, word)).length / words.length;
    expect(card).toContain(`${Math.round(100 * whole)} % of the words are in the vocabulary`);
  });

  test("has no opening that is common", () => {
    expect(card).toContain(`No more than ${OPENING_SHARE * 100} % of the texts begin with the same two words`);
    expect(commonOpenings(all.map(({ text }) => text))).toEqual([]);
  });
});

test("the measures find what they are for: two words changed, three openings in a hundred", () => {
  const near = { id: "near", text: "Someone scratched my parked CAR, and drove off without a note!" };
  const other = { id: "other", text: "My parked car was towed while I was giving blood." };
  const original = { id: "original", text: "Some coward hit my parked car and drove off without a note." };
  expect(nearDuplicates([original, near, other])).toEqual(["original near"]);
  const texts = Array.from({ length: 100 }, (_, i) => (i < 3 ? `I am: ${i}` : i < 5 ? `We were ${i}` : `${i} more`));
  expect(commonOpenings(texts)).toEqual(["i am"]);
});
