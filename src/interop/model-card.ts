/** The README.md of an exported folder: what the model is, how it was made, how good it is, and how it is loaded. */
import { stringify } from "yaml";
import { escapeMarkdown } from "../base/escape.ts";
import type { BaseCard } from "../pretrained/base-card.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { Usage } from "./usage.ts";

export interface ModelCard {
  /** Name of the folder, as code that loads it would say it. */
  readonly folder: string;
  /** `library_name` on the Hub. */
  readonly library: string;
  readonly base: string;
  /** What the base is called on the Hub, if it is there, and what the new one is to it. */
  readonly baseModel?: { readonly name: string; readonly relation: "finetune" | "adapter" };
  /** License and languages. */
  readonly baseCard: BaseCard;
  readonly labels: readonly string[];
  /** The data that it was trained on; with `hub` as they are called there. */
  readonly data?: { readonly name: string; readonly hub?: HubData };
  /** Name of the adapter that was put on the base. */
  readonly adapter?: string;
  readonly method?: string;
  /** In which numbers the weights are, and were trained. */
  readonly precision: string;
  /** Options of training, or of the method where no more is known, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  /** On the test split. */
  readonly test?: SplitMetrics;
  readonly versions: Readonly<Record<string, string>>;
  /** What was measured of the export itself, and what a reader should know before using the model. */
  readonly notes: readonly string[];
  readonly usage: readonly Usage[];
}

export interface HubData {
  readonly repo: string;
  readonly commit: string;
  readonly configName?: string;
}

export const NO_LICENSE =
  "The card names no license, as that of the base model is not known; add one before others get it.";

export function modelCard(card: ModelCard): string {
  const made = [
    ...(card.adapter ? [`and the adapter ${escapeMarkdown(card.adapter)}`] : []),
    ...(card.method ? [`with the method \`${card.method}\``] : []),
    ...(card.data ? [`on ${escapeMarkdown(card.data.name)}`] : []),
  ];
  const license = card.baseCard.license === undefined ? [NO_LICENSE] : [];
  return [
    // As Python reads it, for which "no" is false and not Norwegian.
    `---\n${stringify(frontMatter(card), { lineWidth: 0, version: "1.1" })}---`,
    "",
    `# ${escapeMarkdown(card.folder)}`,
    "",
    `A text classifier for ${card.labels.length} labels: ${card.labels.map(escapeMarkdown).join(", ")}.`,
    `Made from ${[escapeMarkdown(card.base), ...made].join(" ")}.`,
    `Precision: ${card.precision}.`,
    ...[...card.notes, ...license].flatMap((note) => ["", escapeMarkdown(note)]),
    "",
    "## Use",
    "",
    ...card.usage.flatMap(({ title, language, code }) => [title, "", `\`\`\`${language}`, code, "```", ""]),
    ...(card.test ? testSection(card.test) : []),
    "## Training",
    "",
    ...table(["option", "value"], Object.entries({ ...card.options, ...card.versions })),
    "",
  ].join("\n");
}

function frontMatter({ folder, library, baseModel, baseCard, data, method, test }: ModelCard) {
  const measured = test && figuresOf(test);
  return {
    ...baseCard,
    library_name: library,
    pipeline_tag: "text-classification",
    ...(baseModel && { base_model: baseModel.name, base_model_relation: baseModel.relation }),
    ...(data?.hub && { datasets: [data.hub.repo] }),
    tags: ["attune", ...(method ? [method] : [])],
    ...(measured && {
      metrics: [...new Set(measured.map(({ type }) => type))].filter((type) => type !== "loss"),
      "model-index": [
        {
          name: folder.split("/").at(-1),
          results: [
            {
              task: { type: "text-classification", name: "Text Classification" },
              dataset: datasetOf(data),
              metrics: measured.map(({ type, name, value }) => ({ type, value: Number(value.toFixed(4)), name })),
            },
          ],
        },
      ],
    }),
  };
}

/** As the Hub shows results; the type of data that are not there is a name for them. */
const datasetOf = (data: ModelCard["data"]) => ({
  type: data?.hub?.repo ?? (data?.name ?? "unknown").replace(/\s+/g, "-"),
  name: data?.name ?? "unknown",
  ...(data?.hub?.configName !== undefined && { config: data.hub.configName }),
  split: "test",
  ...(data?.hub && { revision: data.hub.commit }),
});

interface Figure {
  /** The metric's name on the Hub. */
  readonly type: string;
  readonly name: string;
  readonly value: number;
}

function figuresOf({ accuracy, precision, recall, f1, microF1, loss }: SplitMetrics): Figure[] {
  const severalLabels = microF1 !== undefined;
  return [
    { type: "accuracy", name: severalLabels ? "subset accuracy" : "accuracy", value: accuracy },
    { type: "f1", name: "macro F1", value: f1 },
    ...(severalLabels ? [{ type: "f1", name: "micro F1", value: microF1 }] : []),
    { type: "precision", name: "macro precision", value: precision },
    { type: "recall", name: "macro recall", value: recall },
    { type: "loss", name: "loss", value: loss },
  ];
}

const testSection = (test: SplitMetrics): string[] => [
  "## Test",
  "",
  ...table(
    ["metric", "value"],
    figuresOf(test).map(({ name, value }) => [name, value.toFixed(4)]),
  ),
  "",
  ...table(
    ["label", "precision", "recall", "F1", "texts"],
    test.perClass.map(({ label, precision, recall, f1, support }) => [
      label,
      ...[precision, recall, f1].map((value) => value.toFixed(4)),
      support,
    ]),
  ),
  "",
];

const table = (columns: readonly string[], rows: readonly (readonly unknown[])[]): string[] => [
  `| ${columns.join(" | ")} |`,
  `|${"---|".repeat(columns.length)}`,
  ...rows.map(
    (row) =>
      `| ${row.map((value) => escapeMarkdown(typeof value === "string" ? value : JSON.stringify(value))).join(" | ")} |`,
  ),
];
