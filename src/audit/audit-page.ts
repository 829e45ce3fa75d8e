/** audit.html: what an audit found, to read, search, sort and choose among, in one file. */
import { isolated } from "../base/escape.ts";
import { grouped, percent, timeSpan } from "../base/format.ts";
import {
  type Block,
  code,
  type Document,
  type Fact,
  type ListDetail,
  list,
  paragraph,
  quoted,
  type RowList,
  remark,
  type Section,
  strong,
} from "../document/document.ts";
import { type AuditIssue, type AuditResult, issueKinds, type LabelPair } from "./audit-result.ts";
import { curveChart } from "./curve-chart.ts";
import { curveSentence, doubtText, groundsText, kindNames, textCount } from "./wording.ts";

export const AUDIT_TITLE = "What is wrong with the data";

export function auditDocument(result: AuditResult): Document {
  const count = textCount(result);
  return {
    title: AUDIT_TITLE,
    subtitle: [code(result.data), `: ${grouped(count)} texts, ${result.labels.length} labels`],
    sections: [
      summarySection(result),
      issuesSection(result),
      labelsSection(result),
      ...(result.pairs.length > 0 ? [pairsSection(result)] : []),
      curveSection(result),
      methodSection(result),
    ],
  };
}

function summarySection(result: AuditResult): Section {
  const { issues, curve, notes } = result;
  const items: Fact[] = [
    ["Doubtful labels", [strong(doubtText(result))], groundsText(result)],
    ...issueKinds.slice(1).map((kind): Fact => {
      const found = issues.filter((issue) => issue.kind === kind).length;
      return [kindNames[kind].term, found === 0 ? "none" : `${grouped(found)} ${kindNames[kind].what}`];
    }),
    ...(curve ? [["More texts", curveSentence(curve)] as const] : []),
  ];
  return {
    id: "answer",
    title: "In short",
    blocks: [{ block: "facts", items, large: true }, ...(notes.length > 0 ? [list(notes)] : [])],
  };
}

function issuesSection({ issues, multiLabel }: AuditResult): Section {
  if (issues.length === 0) return { id: "issues", title: "Issues", blocks: [paragraph("Nothing was found.")] };
  return {
    id: "issues",
    title: "Issues",
    blocks: [
      issueList(issues),
      remark(
        "The surest first. Open a row to see why it is here and which texts are most like it. " +
          "To decide, fill the column decision of issues.csv (accept, keep, relabel with a new_label, or remove) " +
          "and give the file to attune audit --apply, or review in attune app." +
          (multiLabel ? " Of several labels, the one that differs is meant by the probability." : ""),
      ),
    ],
  };
}

/** Each value once, and for each row its place. */
function namesOf(values: readonly string[]): { readonly names: string[]; readonly cells: number[] } {
  const places = new Map<string, number>();
  const cells = values.map((value) => {
    if (!places.has(value)) places.set(value, places.size);
    return places.get(value)!;
  });
  return { names: [...places.keys()], cells };
}

function issueList(issues: readonly AuditIssue[]): RowList {
  const of = (value: (issue: AuditIssue) => string) => namesOf(issues.map(value));
  const label = (name: string | undefined) => (name === undefined ? "" : isolated(name));
  return {
    block: "rows",
    id: "issue-rows",
    noun: ["issue", "issues"],
    columns: [
      {
        title: "Text",
        kind: "text",
        ...of(({ text, pair }) => [text, ...(pair === undefined ? [] : [pair])].join(" / ")),
      },
      { title: "Kind", kind: "choice", ...of(({ kind }) => kindNames[kind].term) },
      { title: "Label", kind: "choice", ...of(({ given }) => label(given)) },
      { title: "Suggested", kind: "choice", ...of(({ suggested }) => label(suggested)) },
      { title: "Sure", kind: "share", cells: issues.map(({ score }) => Number(score.toFixed(4))) },
      { title: "Split", kind: "choice", ...of(({ split }) => split) },
      { title: "Row", kind: "number", cells: issues.map(({ row }) => row) },
      { title: "Why", kind: "text", hidden: true, ...of(({ why, also }) => `${why}${alsoText(also)}`) },
      { title: "Id", kind: "text", hidden: true, ...of(({ id }) => id) },
    ],
    details: [similarTexts(issues)],
    sorted: { column: 4, descending: true },
  };
}

const alsoText = (also: AuditIssue["also"]): string => (also ? ` The other is ${also.split} row ${also.row}.` : "");

function similarTexts(issues: readonly AuditIssue[]): ListDetail {
  const all = issues.flatMap(({ similar }) => similar);
  const texts = namesOf(all.map(({ text }) => text));
  const labels = namesOf(all.map(({ label }) => isolated(label)));
  const places = namesOf(all.map(({ split, row }) => `${split} ${row}`));
  let at = 0;
  return {
    title: "The texts most like it",
    columns: [
      { title: "Text", kind: "text", names: texts.names },
      { title: "Label", kind: "choice", names: labels.names },
      { title: "Cosine", kind: "share" },
      { title: "Row", kind: "text", names: places.names },
    ],
    cells: issues.map((_, i) => i),
    tables: issues.map(({ similar }) =>
      similar.flatMap(({ similarity }) => {
        const cells = [texts.cells[at]!, labels.cells[at]!, Number(similarity.toFixed(4)), places.cells[at]!];
        at++;
        return cells;
      }),
    ),
  };
}

function labelsSection({ classes, multiLabel }: AuditResult): Section {
  const most = Math.max(1, ...classes.map(({ texts }) => texts));
  return {
    id: "labels",
    title: "Labels",
    blocks: [
      {
        block: "table",
        sortable: true,
        columns: [
          { title: "Label" },
          { title: "texts", figures: true },
          { title: "probably wrong", figures: true },
          {
            title: multiLabel ? "decided otherwise" : "answered otherwise",
            note: "by models that had not seen the text",
            figures: true,
          },
          { title: "mean probability", note: "of the label, over its texts", figures: true },
          { title: "", bars: true },
        ],
        groups: [
          {
            rows: classes.map(({ label, texts, wrong, error, threshold }) => [
              [quoted(label)],
              grouped(texts),
              { text: percent(wrong / Math.max(1, texts)), below: grouped(wrong), shade: wrong / Math.max(1, texts) },
              percent(error),
              texts === 0 ? "" : percent(threshold),
              { text: "", bar: texts / most },
            ]),
          },
        ],
      },
    ],
  };
}

const MOST_PAIRS = 40;
/** Below, answers to texts of the two are hardly better than chance. */
const HARDLY_TOLD_APART = 0.75;

function pairsSection({ pairs }: AuditResult): Section {
  const hard = pairs.filter(({ toldApart }) => toldApart < HARDLY_TOLD_APART);
  const names = ({ labels: [a, b] }: LabelPair) => [quoted(a), " and ", quoted(b)];
  const said: Block[] =
    hard.length === 0
      ? [paragraph("All labels can be told apart from each other by their texts.")]
      : [
          paragraph([
            "These can hardly be told apart by their texts: ",
            ...hard.slice(0, 5).flatMap((pair, i) => [i > 0 ? "; " : "", ...names(pair)]),
            hard.length > 5 ? `; and ${hard.length - 5} other pairs` : "",
            ". Say in the guidelines what makes the difference, or make one label of both.",
          ]),
        ];
  return {
    id: "pairs",
    title: "Labels that are taken for each other",
    blocks: [
      ...said,
      {
        block: "table",
        sortable: true,
        columns: [
          { title: "Labels" },
          { title: "told apart", note: "50 % is chance", figures: true },
          { title: "of the first, probably the second", figures: true },
          { title: "of the second, probably the first", figures: true },
        ],
        groups: [
          {
            rows: pairs
              .slice(0, MOST_PAIRS)
              .map((pair) => [
                names(pair),
                percent(pair.toldApart),
                ...pair.wrong.map((share) => ({ text: percent(share), shade: share })),
              ]),
          },
        ],
      },
    ],
  };
}

function curveSection({ curve }: AuditResult): Section {
  return {
    id: "curve",
    title: "What more texts would bring",
    blocks: curve
      ? [
          paragraph(curveSentence(curve)),
          { block: "charts", legend: [], charts: [curveChart(curve)] },
          remark(
            `A linear head on frozen features learned from parts of the data, and answered texts that it had not seen. The line is ${lawText(curve.fit)}, by least squares; the interval is a bootstrap's. ` +
              "Fine-tuning scores higher and gains otherwise, so take the figure for the texts' share in it.",
          ),
        ]
      : [paragraph("There are too few texts for a curve.")],
  };
}

const lawText = ({ a, b, c }: NonNullable<AuditResult["curve"]>["fit"]): string =>
  `error = ${a.toPrecision(3)} · n^−${b.toFixed(2)} + ${c.toFixed(3)}`;

function methodSection(result: AuditResult): Section {
  const { model, method, folds, seed, reading, tried, seconds, attune, dataSha256 } = result;
  return {
    id: "method",
    title: "How it was found",
    blocks: [
      {
        block: "facts",
        items: [
          ["Read as", reading],
          ["SHA-256", [code(dataSha256)]],
          ["Model", [code(model)], "a better encoder finds more"],
          ["Probabilities", `${folds} folds by seed ${seed}; ${method}: ${tried[0]!.name}`],
          ["Time", `${timeSpan(seconds.total)}, of which reading the texts ${timeSpan(seconds.features)}`],
          ["Attune", attune],
        ],
      },
      {
        block: "table",
        columns: [{ title: "Tried" }, { title: "log loss", figures: true }, { title: "accuracy", figures: true }],
        groups: [{ rows: tried.map(({ name, loss, accuracy }) => [name, loss.toFixed(4), percent(accuracy)]) }],
      },
    ],
  };
}
