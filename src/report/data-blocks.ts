/** What there is to see in labelled texts, as `inspect` and reports show it: what is not known is left out. */

import { isolated, shortened } from "../base/escape.ts";
import { grouped, metric, percent, plural } from "../base/format.ts";
import { type Cell, type Fact, type PlainBlock, quoted, type Text } from "../document/document.ts";
import type { OddKind } from "../inspection/text-traits.ts";
import type { DataFacts } from "../study/data-facts.ts";
import type { SplitName } from "../tables/dataset.ts";
import { inARow } from "./conclusions/wording.ts";

export type SeenData = Omit<DataFacts, "path" | "sha256">;

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
/** More labels are too many to read. */
const MOST_LABELS = 40;
const MOST_LANGUAGES = 5;
/** What would be 0.0 %. */
const LEAST_SHARE = 0.0005;
const MOST_CHARACTERS = 120;

const ODD_NAMES: Readonly<Record<OddKind, string>> = {
  control: "control characters",
  replacement: "replacement characters (�)",
  wronglyDecoded: "signs of a wrong encoding (Ã©)",
  invisible: "invisible characters",
  html: "HTML",
};

export function dataBlocks(data: SeenData): PlainBlock[] {
  return [...labelTable(data), ...lengthTable(data), ...textFacts(data), ...scoreTable(data)];
}

/** Counts by split, the most frequent label first, with bars for the first split that is known. */
function labelTable({ labels, counts, texts, duplicates }: SeenData): PlainBlock[] {
  const splits = SPLITS.filter((split) => counts[split]);
  const [first] = splits;
  if (!first) return [];
  const of = (split: SplitName, label: number) => counts[split]![label]!;
  const totals = splits.map((split) => texts?.[split] ?? counts[split]!.reduce((a, b) => a + b, 0));
  const most = Math.max(1, ...counts[first]!);
  const shown = [...labels.keys()].toSorted((a, b) => of(first, b) - of(first, a)).slice(0, MOST_LABELS);
  const share = (count: number, total: number) => percent(count / Math.max(1, total));
  const row = (label: number): (Cell | Text)[] => [
    [quoted(labels[label]!)],
    ...splits.map((split, i) => ({
      text: grouped(of(split, label)),
      ...(i > 0 && { below: share(of(split, label), totals[i]!) }), // The first has a column for it.
    })),
    { text: share(of(first, label), totals[0]!), bar: of(first, label) / most },
  ];
  const total = (name: string, figures: readonly number[]) => [name, ...figures.map(grouped), ""];
  const rows = [...shown.map(row), total("All", totals)];
  if (duplicates) {
    const repeated = splits.map((split) => duplicates.within[split]);
    rows.push(total("Repeated texts", repeated));
  }
  return [
    {
      block: "table",
      caption: `Texts by label and split${shown.length < labels.length ? `; the ${shown.length} most frequent of ${grouped(labels.length)} labels` : ""}.`,
      columns: [
        { title: "Label" },
        ...splits.map((split) => ({ title: split, figures: true })),
        { title: `of ${first}`, bars: true },
      ],
      groups: [{ rows }],
    },
  ];
}

function lengthTable({ words, tokens }: SeenData): PlainBlock[] {
  const lengths = Object.entries({ words, tokens }).flatMap(([unit, found]) =>
    found ? [[unit, ...[found.median, found.p95, found.longest].map(grouped)]] : [],
  );
  if (lengths.length === 0) return [];
  return [
    {
      block: "table",
      caption: `Length of a text over all splits${tokens ? "; of tokens, special ones count and nothing is cut" : ""}.`,
      columns: [
        { title: "Length in" },
        ...["median", "95 % have at most", "longest"].map((title) => ({ title, figures: true })),
      ],
      groups: [{ rows: lengths }],
    },
  ];
}

function textFacts({ cutShare, maxLength, empty, duplicates, contradicting = [], traits }: SeenData): PlainBlock[] {
  const items: Fact[] = [];
  const limit = maxLength === undefined ? "the limit" : `${grouped(maxLength)} tokens`;
  if (cutShare !== undefined)
    items.push([
      "Cut",
      cutShare === 0
        ? `no text is longer than ${limit}`
        : `${percent(cutShare)} of the texts are longer than ${limit} and lose their end`,
    ]);
  if (empty !== undefined) items.push(["Empty texts", empty === 0 ? "none" : grouped(empty)]);
  if (duplicates) {
    const { trainTest, validationTest, trainValidation, contradictions } = duplicates;
    const leaks = [
      ...(trainTest > 0 ? [`${grouped(trainTest)} of test stand in train, too`] : []),
      ...(validationTest > 0 ? [`${grouped(validationTest)} of test in validation`] : []),
      ...(trainValidation > 0 ? [`${grouped(trainValidation)} of validation in train`] : []),
    ];
    items.push(["Texts in two splits", leaks.length === 0 ? "none" : leaks.join(", ")]);
    items.push([
      "Contradicting labels",
      contradictions === 0 ? "none" : `${plural(contradictions, "text occurs", "texts occur")} with different labels`,
    ]);
  }
  if (traits) {
    const odd = Object.entries(traits.odd).map(
      ([kind, count]) => `${grouped(count)} with ${ODD_NAMES[kind as OddKind]}`,
    );
    const seen = `of ${plural(traits.texts, "text")} looked at`;
    items.push(["Odd characters", odd.length === 0 ? "none" : `${seen} ${inARow(odd)}`]);
    const languages = traits.languages
      .slice(0, MOST_LANGUAGES)
      .filter(({ texts }, i) => i === 0 || texts / traits.texts >= LEAST_SHARE)
      .map(({ language, texts }) => `${language} ${percent(texts / traits.texts)}`);
    items.push(["Languages", `${languages.join(", ")} (a guess from frequent words and scripts)`]);
  }
  const examples = contradicting.map(({ text, labels }) => [
    quoted(shortened(text.replace(/\s+/g, " "), MOST_CHARACTERS)),
    `: ${labels.map(isolated).join(" or ")}`,
  ]);
  const blocks: PlainBlock[] = [];
  if (items.length > 0) blocks.push({ block: "facts", items });
  if (examples.length > 0)
    blocks.push(
      { block: "paragraph", text: "Texts with contradicting labels, some of them:" },
      { block: "list", items: examples },
    );
  return blocks;
}

/** What always guessing the same, and counting words, would score. */
function scoreTable({ majorityAccuracy, bagOfWords, multiLabel = false }: SeenData): PlainBlock[] {
  if (majorityAccuracy === undefined) return [];
  const figures = (accuracy: number, microF1: number | undefined, f1: number | undefined) =>
    [accuracy, ...(multiLabel ? [microF1] : []), f1].map((value) => (value === undefined ? "" : metric(value)));
  const rows = [
    [`Always the most frequent ${multiLabel ? "labels" : "label"}`, ...figures(majorityAccuracy, undefined, undefined)],
  ];
  if (bagOfWords) rows.push(["Bag of words", ...figures(bagOfWords.accuracy, bagOfWords.microF1, bagOfWords.f1)]);
  const titles = [multiLabel ? "subset accuracy" : "accuracy", ...(multiLabel ? ["micro F1"] : []), "macro F1"];
  const table: PlainBlock = {
    block: "table",
    caption: "What a transformer must beat, on test.",
    columns: [{ title: "Baseline" }, ...titles.map((title) => ({ title, figures: true }))],
    groups: [{ rows }],
  };
  if (!bagOfWords) return [table];
  const learned = `each of ${plural(bagOfWords.words, "word")} occurs, learned from ${plural(bagOfWords.trainedOn, "training text")}`;
  return [table, { block: "paragraph", text: `The bag of words is logistic regression on how often ${learned}.` }];
}
