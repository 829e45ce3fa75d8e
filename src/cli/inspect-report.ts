/** What `inspect` found, as text. */
import { alignColumns, grouped, metric, percent } from "../base/format.ts";
import type { SplitName } from "../data/dataset.ts";
import type { OddKind } from "../data/text-traits.ts";
import type { Inspection } from "../run/inspect.ts";

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
const BAR_WIDTH = 24;
/** More labels are too many to read. */
const MOST_LABELS = 40;

const ODD_NAMES: Readonly<Record<OddKind, string>> = {
  control: "control characters",
  replacement: "replacement characters (�)",
  wronglyDecoded: "signs of a wrong encoding (Ã©)",
  invisible: "invisible characters",
  html: "HTML",
};

export function inspectReport(found: Inspection): string {
  const head = [`Read as ${found.reading}.`, ...found.notes];
  const sections = [head, splitTable(found), labelTable(found), lengthTable(found), textFacts(found), scores(found)];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

/** The same in short: how many texts, of which labels, and what must be beaten. */
export function shortInspectReport(found: Inspection): string {
  const sections = [splitTable(found), labelTable(found), lengthTable(found), scores(found)];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

function splitTable({ description: { texts, duplicates } }: Inspection): string[] {
  const rows = SPLITS.map((split) => [split, grouped(texts[split]), grouped(duplicates.within[split])]);
  return alignColumns([["split", "texts", "repeated"], ...rows]);
}

/** Counts by split, with a bar for those in train. */
function labelTable({ labels, description: { counts, texts } }: Inspection): string[] {
  const most = Math.max(1, ...counts.train);
  const order = labels.map((_, label) => label);
  const shown = labels.length <= MOST_LABELS ? order : order.sort((a, b) => counts.train[b]! - counts.train[a]!);
  const rows = shown
    .slice(0, MOST_LABELS)
    .map((label) => [
      labels[label]!,
      ...SPLITS.map((split) => grouped(counts[split][label]!)),
      percent(texts.train === 0 ? 0 : counts.train[label]! / texts.train),
    ]);
  const [head, ...lines] = alignColumns([["label", ...SPLITS, "of train"], ...rows]);
  const bars = shown.map((label) => "█".repeat(Math.ceil((BAR_WIDTH * counts.train[label]!) / most)));
  const rest = labels.length - rows.length;
  return [head!, ...lines.map((line, i) => `${line}  ${bars[i]}`), ...(rest > 0 ? [`… and ${rest} rarer labels`] : [])];
}

function lengthTable({ description, maxLength }: Inspection): string[] {
  const row = (name: string, { median, p95, longest }: { median: number; p95: number; longest: number }) => [
    name,
    ...[median, p95, longest].map(grouped),
  ];
  const tokens = "tokens" in description ? description : undefined;
  return [
    ...alignColumns([
      ["length", "median", "95 %", "longest"],
      row("words", description.words),
      ...(tokens ? [row("tokens", tokens.tokens)] : []),
    ]),
    ...(tokens
      ? [`${percent(tokens.cutShare)} of the texts are longer than ${maxLength} tokens and would be cut`]
      : []),
  ];
}

function textFacts({ description }: Inspection): string[] {
  const { empty, duplicates, contradicting, traits } = description;
  const { trainTest, trainValidation, validationTest, contradictions } = duplicates;
  const shared = {
    "train and test": trainTest,
    "train and validation": trainValidation,
    "validation and test": validationTest,
  };
  const leaks = Object.entries(shared).filter(([, count]) => count > 0);
  const odd = Object.entries(traits.odd).map(([kind, count]) => `${grouped(count)} with ${ODD_NAMES[kind as OddKind]}`);
  const languages = traits.languages
    .slice(0, 5)
    .map(({ language, texts }) => `${language} ${percent(texts / traits.texts)}`);
  const examples = contradicting.map(({ text, labels }) => `  ${labels.join(" or ")}: ${shorten(text)}`);
  return [
    `empty texts: ${grouped(empty)}`,
    `texts in two splits: ${leaks.length === 0 ? "none" : leaks.map(([where, count]) => `${grouped(count)} in ${where}`).join(", ")}`,
    `texts with contradicting labels: ${grouped(contradictions)}`,
    ...examples,
    `odd characters: ${odd.length === 0 ? "none" : odd.join(", ")}`,
    `languages: ${languages.join(", ")}`,
  ];
}

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
};

function scores({ description: { majorityAccuracy }, bagOfWords, multiLabel }: Inspection): string[] {
  const accuracy = multiLabel ? "subset accuracy" : "accuracy";
  const rows = [
    ["on test", accuracy, ...(multiLabel ? ["micro F1"] : []), "macro F1"],
    ["always the most frequent", metric(majorityAccuracy), ...(multiLabel ? [""] : []), ""],
  ];
  if (bagOfWords) {
    const { f1, microF1 } = bagOfWords;
    rows.push([
      "bag of words",
      metric(bagOfWords.accuracy),
      ...(microF1 === undefined ? [] : [metric(microF1)]),
      metric(f1),
    ]);
  }
  return [...alignColumns(rows), "This is what a transformer must beat."];
}
