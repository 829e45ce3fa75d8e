/** Every wrong answer to a test text: a list to search, to choose among, to sort and to open. */
import { isolated } from "../../base/escape.ts";
import type { WrongText } from "../../comparison/comparison.ts";
import {
  type ListDetail,
  paragraph,
  type RowChoice,
  type RowList,
  remark,
  type Section,
} from "../../document/document.ts";
import type { NearestTexts } from "../nearest-texts.ts";
import { hasSeveralSeeds, type View } from "../view.ts";

/** Its list, and the columns by which others choose its rows. */
const LIST = "wrong-answers";
const COLUMNS = { label: 1, answer: 2, method: 5 } as const;

/** More rows make the page slow to load; the surest answers are kept. */
const MOST_ROWS = 100_000;

export function errorsSection(view: View): Section | undefined {
  if (view.trained.length === 0) return undefined;
  const texts = view.comparison.wrongTexts;
  const rows = rowsOf(view);
  const shown =
    rows.length > MOST_ROWS ? rows.toSorted((a, b) => b.confidence - a.confidence).slice(0, MOST_ROWS) : rows;
  return {
    id: "errors",
    title: "Errors",
    blocks:
      rows.length === 0
        ? [paragraph("No test text got a wrong answer.")]
        : [
            listOf(view, texts, shown),
            remark(
              [
                "Wrong answers on test, the surest first: a text that is wrong with much confidence may have a wrong label.",
                view.multiLabel
                  ? "Confidence is that of the label decision that is least sure."
                  : "Confidence is the probability of the answer.",
                ...(hasSeveralSeeds(view.trained) ? ["Answers are those of the first seed."] : []),
                ...(view.nearest
                  ? []
                  : ["With --nearest, attune report also finds the training texts that are most like each."]),
                ...(shown.length < rows.length
                  ? [`Of ${rows.length} wrong answers, those with the most confidence.`]
                  : []),
              ].join(" "),
            ),
          ],
  };
}

/** What a click on a pair of labels shows: a setting's wrong answers to texts of one label that got the other. */
export function errorChoices(view: View): (setting: string, label: string, answer: string) => RowChoice | undefined {
  const place = new Map(namesOf(view).map((name, i) => [name, i]));
  const wrong = new Set(
    view.comparison.wrongTexts.flatMap(({ label, answers }) =>
      Object.entries(answers).map(([id, { said }]) => `${id}\0${label}\0${said}`),
    ),
  );
  return (setting, label, answer) => {
    if (label === answer || !wrong.has(`${setting}\0${label}\0${answer}`)) return undefined;
    const chosen: [number, number][] = [
      [COLUMNS.label, place.get(label)!],
      [COLUMNS.answer, place.get(answer)!],
    ];
    const method = view.trained.findIndex(({ id }) => id === setting);
    return { list: LIST, names: view.trained.length > 1 ? [...chosen, [COLUMNS.method, method]] : chosen };
  };
}

interface Row {
  readonly text: number;
  readonly setting: number;
  readonly said: string;
  readonly confidence: number;
}

const rowsOf = ({ trained, comparison: { wrongTexts } }: View): Row[] =>
  trained.flatMap(({ id }, setting) =>
    wrongTexts.flatMap(({ answers }, text) => {
      const { right, said, confidence } = answers[id]!;
      return right ? [] : [{ text, setting, said, confidence }];
    }),
  );

/** Labels, and the lists of them that answers are where there may be any number. */
const namesOf = ({ comparison: { data, wrongTexts } }: View): string[] => [
  ...new Set([
    ...data.labels,
    ...wrongTexts.flatMap(({ label, answers }) => [label, ...Object.values(answers).map(({ said }) => said)]),
  ]),
];

function listOf(view: View, texts: readonly WrongText[], rows: readonly Row[]): RowList {
  const names = namesOf(view);
  const place = new Map(names.map((name, i) => [name, i]));
  const shownNames = names.map(isolated);
  const settings = view.trained.map(view.name);
  const recommended = view.comparison.recommended?.chosen;
  const rightCounts = texts.map(({ answers }) => Object.values(answers).filter(({ right }) => right).length);
  const several = settings.length > 1;
  const byText = rows.map(({ text }) => text);
  return {
    block: "rows",
    id: LIST,
    noun: ["wrong answer", "wrong answers"],
    columns: [
      { title: "Text", kind: "text", names: texts.map(({ text }) => text), cells: byText },
      {
        title: "Label",
        kind: "choice",
        names: shownNames,
        cells: byText.map((text) => place.get(texts[text]!.label)!),
      },
      { title: "Answer", kind: "choice", names: shownNames, cells: rows.map(({ said }) => place.get(said)!) },
      { title: "Confidence", kind: "share", cells: rows.map(({ confidence }) => Number(confidence.toFixed(4))) },
      { title: "Id", kind: "text", names: texts.map(({ id }) => id), cells: byText, hidden: true },
      ...(several
        ? ([
            {
              title: "Method",
              kind: "choice",
              names: settings,
              cells: rows.map(({ setting }) => setting),
              chosen: Math.max(
                0,
                view.trained.findIndex(({ id }) => id === recommended),
              ),
            },
            { title: "Others right", kind: "number", cells: byText.map((text) => rightCounts[text]!) },
          ] as const)
        : []),
    ],
    details: [
      ...(several ? [othersOf(view, texts, byText, place, shownNames, settings)] : []),
      ...(view.nearest ? [nearestOf(view.nearest, texts, byText)] : []),
    ],
    sorted: { column: 3, descending: true },
  };
}

/** What every method says of a text. */
function othersOf(
  { trained }: View,
  texts: readonly WrongText[],
  byText: readonly number[],
  place: ReadonlyMap<string, number>,
  names: readonly string[],
  settings: readonly string[],
): ListDetail {
  return {
    title: "What the methods say",
    columns: [
      { title: "Method", kind: "choice", names: settings },
      { title: "Answer", kind: "choice", names },
      { title: "Confidence", kind: "share" },
      { title: "", kind: "choice", names: ["", "right"] },
    ],
    cells: byText,
    tables: texts.map(({ answers }) =>
      trained.flatMap(({ id }, setting) => {
        const { said, confidence, right } = answers[id]!;
        return [setting, place.get(said)!, Number(confidence.toFixed(4)), Number(right)];
      }),
    ),
  };
}

/** Training texts that are most like a text. */
function nearestOf(
  { model, texts: found }: NearestTexts,
  texts: readonly WrongText[],
  byText: readonly number[],
): ListDetail {
  const all = Object.values(found).flat();
  const [near, labels] = [all.map(({ text }) => text), all.map(({ label }) => label)].map((names) => [
    ...new Set(names),
  ]);
  const placeOf = (names: readonly string[]) => new Map(names.map((name, i) => [name, i]));
  const [textPlace, labelPlace] = [placeOf(near!), placeOf(labels!)];
  return {
    title: `Nearest training texts, by frozen features of ${model}`,
    columns: [
      { title: "Text", kind: "text", names: near! },
      { title: "Label", kind: "choice", names: labels!.map(isolated) },
      { title: "Cosine", kind: "share" },
    ],
    cells: byText,
    tables: texts.map(({ id }) =>
      (found[id] ?? []).flatMap(({ text, label, similarity }) => [
        textPlace.get(text)!,
        labelPlace.get(label)!,
        similarity,
      ]),
    ),
  };
}
