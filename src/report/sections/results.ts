/** The table of all methods, with the best cell of each column marked. */
import { abbreviated, grouped, memory, metric, smallPercent, timeSpan } from "../../base/format.ts";
import type { Estimate, MarkedColumn, Setting } from "../../comparison/comparison.ts";
import {
  type Block,
  type Cell,
  type Column,
  heading,
  type RowGroup,
  remark,
  type Section,
} from "../../document/document.ts";
import { colourOf, hasSeveralSeeds, isMarked, isTrained, type View } from "../view.ts";
import { precisionOf } from "./precision.ts";

interface ResultColumn extends Column {
  readonly marks?: MarkedColumn;
  cell(setting: Setting, view: View): Cell | string;
}

const estimate = ({ value, low, high, standardDeviation }: Estimate): Cell => ({
  text: metric(value),
  below: standardDeviation === undefined ? `${metric(low)} – ${metric(high)}` : `± ${metric(standardDeviation)}`,
});

/** What is measured of one label for a text differs from what is measured of any number of them. */
function qualityColumns({ multiLabel }: View): readonly ResultColumn[] {
  const columns: readonly ResultColumn[] = [
    {
      title: multiLabel ? "Subset accuracy" : "Accuracy",
      marks: "accuracy",
      cell: ({ test }) => estimate(test.accuracy),
    },
    { title: "Macro F1", marks: "f1", cell: ({ test }) => estimate(test.f1) },
    { title: "Micro F1", marks: "microF1", cell: ({ test }) => (test.microF1 ? estimate(test.microF1) : "") },
    { title: "Precision", note: "macro", marks: "precision", cell: ({ test }) => metric(test.precision.value) },
    { title: "Recall", note: "macro", marks: "recall", cell: ({ test }) => metric(test.recall.value) },
    {
      title: "Calibration error",
      marks: "calibrationError",
      cell: ({ test }) => (test.calibrationError ? metric(test.calibrationError.value) : ""),
    },
  ];
  return columns.filter(({ marks }) => marks !== (multiLabel ? "calibrationError" : "microF1"));
}

const differenceColumn: ResultColumn = {
  title: "F1 against full",
  note: "adjusted p",
  cell: (setting, view) => difference(setting, view),
};

function difference(setting: Setting, view: View): Cell | string {
  const held = view.against(setting);
  if (!held) return "";
  const { f1, f1AdjustedP } = held.difference;
  const p = f1AdjustedP < 0.001 ? "< 0.001" : f1AdjustedP.toFixed(3);
  return { text: `${f1 < 0 ? "−" : "+"}${metric(Math.abs(f1))}`, below: p };
}

const costColumns: readonly ResultColumn[] = [
  {
    title: "Training",
    note: "steps only",
    marks: "trainSeconds",
    cell: ({ cost }) => (cost.trainSeconds === 0 ? "–" : timeSpan(cost.trainSeconds)),
  },
  { title: "Total time", marks: "totalSeconds", cell: ({ cost }) => timeSpan(cost.totalSeconds) },
  {
    title: "To best epoch",
    cell: ({ cost }) => (cost.secondsToBestEpoch === undefined ? "–" : timeSpan(cost.secondsToBestEpoch)),
  },
  {
    title: "Texts/s",
    note: "training",
    cell: ({ cost }) => (cost.examplesPerSecond === undefined ? "–" : grouped(Math.round(cost.examplesPerSecond))),
  },
  { title: "Peak memory", marks: "peakRssBytes", cell: ({ cost }) => memory(cost.peakRssBytes) },
  {
    title: "Trained parameters",
    marks: "trainableParameters",
    cell: ({ cost }) => ({
      text: grouped(Math.round(cost.trainableParameters)),
      ...(cost.trainableParameters > 0 && { below: smallPercent(cost.trainableParameters / cost.totalParameters) }),
    }),
  },
  { title: "Stored", note: "per task", marks: "storedBytes", cell: ({ cost }) => storage(cost.storedBytes) },
];

const partColumns: readonly ResultColumn[] = [
  { title: "Weights", cell: ({ cost }) => storage(cost.weightBytes) },
  { title: "Gradients", cell: ({ cost }) => storage(cost.gradientBytes) },
  { title: "Optimizer", cell: ({ cost }) => storage(cost.optimizerBytes) },
  { title: "Kept outputs", cell: ({ cost }) => storage(cost.frozenFeatureBytes) },
  { title: "Operations forward", note: "per text", cell: ({ cost }) => abbreviated(cost.forwardOperations) },
  { title: "Operations backward", note: "per text", cell: ({ cost }) => abbreviated(cost.backwardOperations) },
  { title: "Evaluation", note: "time", cell: ({ cost }) => timeSpan(cost.evaluationSeconds) },
  {
    title: "Validation F1",
    note: "best epoch",
    cell: ({ validation }) => (validation ? metric(validation.f1) : ""),
  },
  { title: "F1 before", note: "training, test", cell: ({ base }) => metric(base.f1) },
];

const storage = (bytes: number): string => (bytes === 0 ? "–" : memory(bytes));

export function resultsSection(view: View): Section {
  const several = hasSeveralSeeds(view.settings);
  const under = !several
    ? "Under a figure stands its 95 % interval over test texts."
    : view.settings.every(({ runs }) => runs.length > 1)
      ? "Figures are means over seeds; under one of quality stands its standard deviation."
      : "Figures are means over seeds; under one of quality stands its standard deviation, or with a single seed its 95 % interval over test texts.";
  const marks = view.trained.length > 1 ? "The best cell of each column is marked, unless all are equal. " : "";
  const untrained =
    marks && view.settings.some((setting) => !isTrained(setting))
      ? " What trains nothing is shown and takes no mark."
      : "";
  const times = view.timed
    ? ""
    : ` Times cannot be compared and have no marks: ${view.comparison.timesComparable.reason}.`;
  return {
    id: "results",
    title: "All methods",
    blocks: [
      heading("Quality on test"),
      tableOf(view, [...qualityColumns(view), ...(view.comparison.differences.length > 0 ? [differenceColumn] : [])]),
      heading("Cost"),
      tableOf(view, costColumns),
      remark(`${marks}${under}${untrained}${times}`),
      { block: "more", summary: "Parts of memory, operations, validation", blocks: [tableOf(view, partColumns)] },
      ...failures(view),
    ],
  };
}

function tableOf(view: View, columns: readonly ResultColumn[]): Block {
  const rowsOf = (settings: readonly Setting[]): RowGroup["rows"] =>
    settings.map((setting) => [
      { text: view.shortName(setting), colour: colourOf(setting), ...underName(setting) },
      ...columns.map(({ marks, cell }) => {
        const made = cell(setting, view);
        const isBest = marks !== undefined && isMarked(view, marks, setting);
        return isBest ? { ...(typeof made === "string" ? { text: made } : made), best: true } : made;
      }),
    ]);
  const groups = view.recipes.map((recipe) => ({
    ...(view.recipes.length > 1 && { title: `Recipe: ${recipe}` }),
    rows: rowsOf(view.settings.filter((setting) => setting.recipe === recipe)),
  }));
  const shown = columns.map(({ title, note }) => ({ title, figures: true, ...(note && { note }) }));
  return { block: "table", columns: [{ title: "Method" }, ...shown], groups };
}

/** Under the method's name: the head, where the run says which (the model's own may have no name), layers that were chosen, and 8 bits. */
function underName(setting: Setting): Pick<Cell, "below"> {
  const head = setting.runs[0]?.facts.options.head;
  // Each seed chooses for itself.
  const layers = [...new Set(setting.runs.flatMap(({ facts }) => facts.layerSearch?.chosen ?? []))].join(", ");
  const said = [head && `head ${head}`, layers && `layers ${layers}`, precisionOf(setting)].filter(Boolean);
  return said.length === 0 ? {} : { below: said.join(", ") };
}

function failures({ comparison: { failed, missing } }: View): Block[] {
  const items = [
    ...failed.map(({ name, reason }) => [{ mark: "code" as const, text: name }, ` failed: ${reason}`]),
    ...missing.map((name) => [{ mark: "code" as const, text: name }, " has not ended yet"]),
  ];
  return items.length === 0 ? [] : [heading("Runs that are not in the table"), { block: "list", items }];
}
