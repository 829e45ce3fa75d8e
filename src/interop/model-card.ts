/** The README.md of an exported folder: what the model is, how it was made, and how it is loaded. */

export interface ModelCard {
  /** Name of the folder, as code that loads it would say it. */
  readonly folder: string;
  readonly base: string;
  readonly labels: readonly string[];
  readonly data: string;
  readonly method: string;
  /** Options of training, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  /** On the test split. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Code in Python and in JavaScript. */
  readonly python: string;
  readonly javascript: string;
}

export function modelCard(card: ModelCard): string {
  const rows = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(
      ([name, value]) => `| ${name} | ${typeof value === "string" ? value : JSON.stringify(value)} |`,
    );
  const metrics = Object.entries(card.metrics).map(([name, value]) => [name, value.toFixed(4)]);
  return [
    "---",
    "pipeline_tag: text-classification",
    "---",
    "",
    `# ${card.folder}`,
    "",
    `A text classifier for ${card.labels.length} labels: ${card.labels.join(", ")}.`,
    `Made from ${card.base} with the method \`${card.method}\` on ${card.data}.`,
    "",
    "## Use",
    "",
    "```python",
    card.python,
    "```",
    "",
    "```js",
    card.javascript,
    "```",
    "",
    ...(metrics.length > 0
      ? ["## Test", "", "| metric | value |", "|---|---|", ...rows(Object.fromEntries(metrics)), ""]
      : []),
    "## Training",
    "",
    "| option | value |",
    "|---|---|",
    ...rows(card.options),
    ...rows(card.versions),
    "",
  ].join("\n");
}
