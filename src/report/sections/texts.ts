/** Test texts that every setting gets wrong, and those that exactly one gets right. */

import { shortened } from "../../base/escape.ts";
import { grouped, plural } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { TellingText } from "../../comparison/comparison.ts";
import { type Block, more, paragraph, quoted, remark, type Section, type Text } from "../../document/document.ts";
import { colourOf, hasSeveralSeeds, type View } from "../view.ts";

const SHOWN = 12;
const MOST = 60;
const LONGEST_TEXT = 400;

export function textsSection(view: View): Section | undefined {
  if (view.trained.length < 2) return undefined;
  const { allWrong, onlyOneRight } = view.comparison;
  const seeds = hasSeveralSeeds(view.trained) ? " Predictions are those of the first seed." : "";
  return {
    id: "texts",
    title: "Texts that tell the methods apart",
    blocks: [
      { block: "heading", text: "Wrong in every setting" },
      ...(allWrong.length === 0
        ? [paragraph("There is no such text.")]
        : [
            paragraph(
              `${plural(allWrong.length, "test text")}${
                allWrong.length > 1
                  ? ", those first of which the settings are most sure. Many are ambiguous or wrongly labelled: reading them"
                  : ". It may be ambiguous or wrongly labelled: reading it"
              } is a check of the data.${seeds}`,
            ),
            ...inParts(allWrong, (texts) => wrongTable(texts)),
          ]),
      { block: "heading", text: "Right in one setting only" },
      ...(onlyOneRight.length === 0
        ? [paragraph("There is no such text.")]
        : [
            paragraph(`${plural(onlyOneRight.length, "test text")}: ${soloCounts(view, onlyOneRight)}.`),
            ...inParts(onlyOneRight, (texts) => soloTable(view, texts)),
          ]),
    ],
  };
}

/** The first few, the next ones behind a click, and where the rest is. */
function inParts(texts: readonly TellingText[], table: (texts: readonly TellingText[]) => Block): Block[] {
  const [first, next, rest] = [texts.slice(0, SHOWN), texts.slice(SHOWN, MOST), texts.length - MOST];
  return [
    table(first),
    ...(next.length > 0 ? [more(`${next.length} more`, [table(next)])] : []),
    ...(rest > 0
      ? [remark(`${grouped(rest)} further ones are not shown; each run's predictions/test.jsonl has them.`)]
      : []),
  ];
}

const textCell = ({ text }: TellingText): Text => [quoted(shortened(text, LONGEST_TEXT))];

function wrongTable(texts: readonly TellingText[]): Block {
  return {
    block: "table",
    columns: [{ title: "Text", wide: true }, { title: "Label" }, { title: "Predicted instead" }],
    groups: [
      {
        rows: texts.map((one) => [textCell(one), [quoted(one.label)], predictions(Object.values(one.predicted))]),
      },
    ],
  };
}

const MOST_PREDICTED = 3;

/** "joy × 18, love × 2", the most frequent first. */
function predictions(labels: readonly string[]): Text {
  const counts = [...groupBy(labels, (label) => label)].toSorted(([, a], [, b]) => b.length - a.length);
  const rest = counts.length - MOST_PREDICTED;
  return [
    ...counts
      .slice(0, MOST_PREDICTED)
      .flatMap(([label, all], i) => [i > 0 ? ", " : "", quoted(label), ` × ${all.length}`]),
    ...(rest > 0 ? [`, ${plural(rest, "other")}`] : []),
  ];
}

const soloSetting = ({ right }: TellingText): string => right[0]!;

function soloCounts(view: View, texts: readonly TellingText[]): string {
  const counts = [...groupBy(texts, soloSetting)].toSorted(([, a], [, b]) => b.length - a.length);
  const shown = counts.slice(0, 6).map(([id, all]) => `${grouped(all.length)} with ${view.name(view.of(id))}`);
  const rest = counts.length - shown.length;
  return `${shown.join(", ")}${rest > 0 ? `, and others with ${plural(rest, "more setting")}` : ""}`;
}

function soloTable(view: View, texts: readonly TellingText[]): Block {
  return {
    block: "table",
    columns: [
      { title: "Text", wide: true },
      { title: "Label" },
      { title: "Right" },
      { title: view.trained.length > 2 ? "The others say" : "The other says" },
    ],
    groups: [
      {
        rows: texts.map((one) => {
          const id = soloSetting(one);
          const others = Object.entries(one.predicted).flatMap(([other, label]) => (other === id ? [] : [label]));
          const setting = view.of(id);
          return [
            textCell(one),
            [quoted(one.label)],
            { text: view.name(setting), colour: colourOf(setting) },
            predictions(others),
          ];
        }),
      },
    ],
  };
}
