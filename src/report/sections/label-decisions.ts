/** Where a text may have any number of labels: from which probability each is given, and how often that is right. */
import { grouped, metric, percent } from "../../base/format.ts";
import { paragraph, quoted, remark, type Section } from "../../document/document.ts";
import { classScores, trainingTexts } from "../class-scores.ts";
import { hasSeveralSeeds, type View } from "../view.ts";

/** More are too many to read; those with the lowest F1 are shown. */
const MOST_LABELS = 60;

/** Of what is recommended, by its first seed. */
export function labelDecisionsSection(view: View): Section | undefined {
  const { recommended } = view.comparison;
  if (!view.multiLabel || !recommended) return undefined;
  const setting = view.of(recommended.chosen);
  const [run] = setting.runs;
  const { result, test, testTexts } = run!;
  const thresholds = result.thresholds ?? {};
  const sizes = trainingTexts(view);
  const scores = classScores({ ...setting, runs: [run!] }).map((one, k) => ({ ...one, size: sizes?.[k] }));
  const shown = scores
    .toSorted((a, b) => a.f1 - b.f1)
    .slice(0, MOST_LABELS)
    .toSorted((a, b) => b.support - a.support);
  const seed = hasSeveralSeeds([setting]) ? ", its first seed" : "";
  const micro = `precision ${metric(test.microPrecision!)} and recall ${metric(test.microRecall!)}`;
  return {
    id: "decisions",
    title: "Labels and their thresholds",
    blocks: [
      paragraph(
        `${view.name(setting)}${seed} gives ${grouped(Math.round(test.accuracy * testTexts))} of ${grouped(testTexts)} test texts (${percent(test.accuracy)}) ` +
          `all of their labels and no other. Over all decisions together it has ${micro}.`,
      ),
      {
        block: "table",
        caption:
          shown.length < scores.length
            ? `The ${shown.length} of ${scores.length} labels that are recognized worst, the most frequent first.`
            : "All labels, the most frequent first.",
        columns: [
          { title: "Label" },
          ...(sizes ? [{ title: "Texts", note: "training", figures: true }] : []),
          { title: "Texts", note: "test", figures: true },
          { title: "Threshold", figures: true },
          ...["Precision", "Recall", "F1"].map((title) => ({ title, figures: true })),
        ],
        groups: [
          {
            rows: shown.map(({ label, size, support, precision, recall, f1 }) => [
              [quoted(label)],
              ...(sizes ? [grouped(size!)] : []),
              grouped(support),
              metric(thresholds[label] ?? 0.5),
              metric(precision),
              metric(recall),
              metric(f1),
            ]),
          },
        ],
      },
      remark(
        "A label is given from its threshold on: the probability with the highest F1 of that label on validation, or 0.5 where validation has no text with it.",
      ),
    ],
  };
}
