/** The README.md of an exported folder: what the model is, how it was made, and how it is loaded. */
import { escapeMarkdown } from "../base/escape.ts";
import type { Usage } from "./usage.ts";

export interface ModelCard {
  /** Name of the folder, as code that loads it would say it. */
  readonly folder: string;
  /** `library_name` on the Hub. */
  readonly library: string;
  readonly base: string;
  readonly labels: readonly string[];
  /** Name of the data it was trained on. */
  readonly data?: string;
  /** What base and data are called on the Hub, by the names that its cards have for them. */
  readonly hub?: { readonly base_model?: string; readonly datasets?: readonly string[] };
  /** Name of the adapter that was put on the base. */
  readonly adapter?: string;
  readonly method?: string;
  /** Options of training, or of the method where no more is known, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  /** On the test split. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** What was measured of the export itself. */
  readonly note?: string;
  readonly usage: readonly Usage[];
}

export function modelCard(card: ModelCard): string {
  const rows = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return `| ${escapeMarkdown(name)} | ${escapeMarkdown(text)} |`;
    });
  const made = [
    ...(card.adapter ? [`and the adapter ${escapeMarkdown(card.adapter)}`] : []),
    ...(card.method ? [`with the method \`${card.method}\``] : []),
    ...(card.data ? [`on ${escapeMarkdown(card.data)}`] : []),
  ];
  const metrics = Object.entries(card.metrics).map(([name, value]) => [name, value.toFixed(4)]);
  return [
    "---",
    `library_name: ${card.library}`,
    "pipeline_tag: text-classification",
    ...(card.hub?.base_model ? [`base_model: ${card.hub.base_model}`] : []),
    ...(card.hub?.datasets ? ["datasets:", ...card.hub.datasets.map((name) => `- ${name}`)] : []),
    "---",
    "",
    `# ${escapeMarkdown(card.folder)}`,
    "",
    `A text classifier for ${card.labels.length} labels: ${card.labels.map(escapeMarkdown).join(", ")}.`,
    `Made from ${[escapeMarkdown(card.base), ...made].join(" ")}.`,
    "",
    "## Use",
    "",
    ...card.usage.flatMap(({ title, language, code }) => [title, "", `\`\`\`${language}`, code, "```", ""]),
    ...(metrics.length > 0
      ? ["## Test", "", "| metric | value |", "|---|---|", ...rows(Object.fromEntries(metrics)), ""]
      : []),
    ...(card.note ? [escapeMarkdown(card.note), ""] : []),
    "## Training",
    "",
    "| option | value |",
    "|---|---|",
    ...rows(card.options),
    ...rows(card.versions),
    "",
  ].join("\n");
}
