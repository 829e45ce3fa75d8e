/** predictions/<split>.jsonl of a run, checked line by line: what a comparison recomputes its figures from. */
import { AttuneError } from "../base/error.ts";
import { readText } from "../base/read-text.ts";

export interface Predictions {
  /** The file they were read from, to be named in errors. */
  readonly file: string;
  readonly labels: readonly string[];
  readonly ids: readonly string[];
  /** The two of a sentence pair with a stroke between. */
  readonly texts: readonly string[];
  /** Label indices. */
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  /** [texts, labels] */
  readonly logits: Float32Array;
}

/** Labels are read from `label` and `predicted`, probabilities follow from `logits`. */
export function readPredictions(file: string, labels: readonly string[]): Predictions {
  const lines = readText(file, "study/unreadable").split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new AttuneError("study/predictions", `${file}: there are no predictions in it`);
  const index = new Map(labels.map((label, i) => [label, i]));
  const ids: string[] = [];
  const texts: string[] = [];
  const truth = new Int32Array(lines.length);
  const predicted = new Int32Array(lines.length);
  const logits = new Float32Array(lines.length * labels.length);
  for (const [i, line] of lines.entries()) {
    const wrong = (what: string) => new AttuneError("study/predictions", `${file}, line ${i + 1}: ${what}`);
    let row: Readonly<Record<string, unknown>> | null;
    try {
      row = JSON.parse(line);
    } catch (cause) {
      throw wrong(`this is not JSON (${(cause as Error).message}); train this run anew`);
    }
    const labelOf = (key: string): number => {
      const found = index.get(row?.[key] as string);
      if (found === undefined) throw wrong(`"${key}" is ${JSON.stringify(row?.[key])}, which is no label of this run`);
      return found;
    };
    truth[i] = labelOf("label");
    predicted[i] = labelOf("predicted");
    ids.push(String(row?.id));
    texts.push([row?.text, row?.pair].filter((part) => part !== undefined).join(" / "));
    const values = row?.logits;
    if (!Array.isArray(values) || values.length !== labels.length || !values.every(Number.isFinite))
      throw wrong(`"logits" must be ${labels.length} numbers, one for each label`);
    logits.set(values, i * labels.length);
  }
  return { file, labels, ids, texts, truth, predicted, logits };
}

/** Refuses predictions of other texts than those of `first`. */
export function requireSameTexts(first: Predictions, other: Predictions): void {
  const wrong = (what: string) => new AttuneError("study/other-texts", `${other.file}${what}, unlike ${first.file}`);
  if (other.ids.length !== first.ids.length)
    throw wrong(`: it has ${other.ids.length} rows instead of ${first.ids.length}`);
  for (const [i, id] of other.ids.entries()) {
    if (id !== first.ids[i] || other.texts[i] !== first.texts[i])
      throw wrong(`, line ${i + 1}: this is the text ${JSON.stringify(id)}`);
    if (other.truth[i] !== first.truth[i])
      throw wrong(`, line ${i + 1}: its label is ${JSON.stringify(other.labels[other.truth[i]!])}`);
  }
}
