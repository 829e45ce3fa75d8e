/** The data: labels, lengths, repeated texts. */
import { grouped, percent } from "../../base/format.ts";
import type { SplitName } from "../../data/dataset.ts";
import { type Block, code, type Fact, list, quoted, type Section } from "../document.ts";
import type { View } from "../view.ts";

const SPLITS: readonly SplitName[] = ["train", "validation", "test"];
const MOST_LABELS = 60;

export function dataSection(view: View): Section {
  const { data } = view.comparison;
  const { tokens, cutShare, duplicates, majorityAccuracy, trainedOn, counts } = data;
  const train = counts.train?.reduce((a, b) => a + b, 0);
  const items: Fact[] = [
    ["Path", [code(data.path)]],
    ["SHA-256", [code(data.sha256)]],
  ];
  if (trainedOn !== undefined && train !== undefined && trainedOn < train)
    items.push([
      "Trained on",
      `the first ${grouped(trainedOn)} of ${grouped(train)} training texts (--limit); validation and test are whole`,
    ]);
  if (tokens)
    items.push([
      "Length",
      `in tokens, special ones counted: median ${grouped(tokens.median)}, 95 % are at most ${grouped(tokens.p95)}, the longest has ${grouped(tokens.longest)}`,
    ]);
  if (cutShare !== undefined)
    items.push([
      "Cut",
      cutShare === 0 ? "no text is longer than the limit" : `${percent(cutShare)} of the texts at the limit`,
    ]);
  if (duplicates) items.push(["Repeated texts", repeated(duplicates)]);
  if (majorityAccuracy !== undefined)
    items.push([
      "Simplest guess",
      `always the most frequent training label: accuracy ${percent(majorityAccuracy)} on test`,
    ]);
  return {
    id: "data",
    title: "The data",
    blocks: [{ block: "facts", items }, ...(data.notes.length > 0 ? [list(data.notes)] : []), ...labelTable(view)],
  };
}

function repeated({
  within,
  trainTest,
  trainValidation,
  validationTest,
  contradictions,
}: NonNullable<View["comparison"]["data"]["duplicates"]>): string {
  const inside = SPLITS.map((split) => `${grouped(within[split])} in ${split}`).join(", ");
  return `within a split ${inside}; of the test texts ${grouped(trainTest)} stand in train and ${grouped(validationTest)} in validation, of the validation texts ${grouped(trainValidation)} in train; ${grouped(contradictions)} with more than one label`;
}

function labelTable({ comparison: { data } }: View): Block[] {
  const splits = SPLITS.filter((split) => data.counts[split]);
  if (splits.length === 0) return [];
  const total = (split: SplitName) => data.counts[split]!.reduce((a, b) => a + b, 0);
  const order = [...data.labels.keys()].toSorted((a, b) => data.counts[splits[0]!]![b]! - data.counts[splits[0]!]![a]!);
  const shown = order.slice(0, MOST_LABELS);
  const row = (k: number) => [
    [quoted(data.labels[k]!)],
    ...splits.map((split) => {
      const count = data.counts[split]![k]!;
      const share = count / Math.max(1, total(split));
      return { text: grouped(count), below: percent(share), shade: share };
    }),
  ];
  return [
    {
      block: "table",
      caption: `Texts by label and split${shown.length < order.length ? `; the ${shown.length} largest of ${order.length} labels` : ""}.`,
      columns: [{ title: "Label" }, ...splits.map((split) => ({ title: split, figures: true }))],
      groups: [{ rows: [...shown.map(row), ["All", ...splits.map((split) => grouped(total(split)))]] }],
    },
  ];
}
