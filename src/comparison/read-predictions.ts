/** predictions/<split>.jsonl of a run, checked line by line: what a comparison recomputes its figures from. */
import { AttuneError } from "../base/error.ts";
import { readText } from "../base/read-text.ts";

interface PredictedTexts {
  /** The file they were read from, to be named in errors. */
  readonly file: string;
  readonly labels: readonly string[];
  readonly ids: readonly string[];
  /** The two of a sentence pair with a stroke between. */
  readonly texts: readonly string[];
  /** [texts, labels] */
  readonly logits: Float32Array;
}

/** `truth` and `predicted` are label indices. */
export interface OneLabelPredictions extends PredictedTexts {
  readonly multiLabel: false;
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
}

/** `truth` and `predicted` are lists of label indices, each in the order of labels. */
export interface MultiLabelPredictions extends PredictedTexts {
  readonly multiLabel: true;
  readonly truth: readonly (readonly number[])[];
  readonly predicted: readonly (readonly number[])[];
}

export type Predictions = OneLabelPredictions | MultiLabelPredictions;

/** Labels are read from `label` and `predicted`, of which each is a name or a list of names; probabilities follow from `logits`. */
export function readPredictions(file: string, labels: readonly string[], multiLabel: boolean): Predictions {
  const lines = readText(file, "study/unreadable").split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new AttuneError("study/predictions", `${file}: there are no predictions in it`);
  const index = new Map(labels.map((label, i) => [label, i]));
  const ids: string[] = [];
  const texts: string[] = [];
  const truth: number[][] = [];
  const predicted: number[][] = [];
  const logits = new Float32Array(lines.length * labels.length);
  for (const [i, line] of lines.entries()) {
    const wrong = (what: string) => new AttuneError("study/predictions", `${file}, line ${i + 1}: ${what}`);
    let row: Readonly<Record<string, unknown>> | null;
    try {
      row = JSON.parse(line);
    } catch (cause) {
      throw wrong(`this is not JSON (${(cause as Error).message}); train this run anew`);
    }
    const indexOf = (key: string, name: unknown): number => {
      const found = index.get(name as string);
      if (found === undefined) throw wrong(`"${key}" is ${JSON.stringify(name)}, which is no label of this run`);
      return found;
    };
    const labelsOf = (key: string): number[] => {
      const value = row?.[key];
      if (!multiLabel) return [indexOf(key, value)];
      if (!Array.isArray(value)) throw wrong(`"${key}" is ${JSON.stringify(value)} instead of a list of labels`);
      return value.map((name) => indexOf(key, name)).sort((a, b) => a - b);
    };
    truth.push(labelsOf("label"));
    predicted.push(labelsOf("predicted"));
    ids.push(String(row?.id));
    texts.push([row?.text, row?.pair].filter((part) => part !== undefined).join(" / "));
    const values = row?.logits;
    if (!Array.isArray(values) || values.length !== labels.length || !values.every(Number.isFinite))
      throw wrong(
        `"logits" must be ${labels.length} ${labels.length === 1 ? "number" : "numbers, one for each label"}`,
      );
    logits.set(values, i * labels.length);
  }
  const all = { file, labels, ids, texts, logits };
  if (multiLabel) return { ...all, multiLabel, truth, predicted };
  return { ...all, multiLabel, truth: Int32Array.from(truth.flat()), predicted: Int32Array.from(predicted.flat()) };
}

/** The labels of a text, or what was predicted for it, by their names. */
export function namesOf({ labels }: Predictions, answer: number | readonly number[]): string {
  if (typeof answer === "number") return labels[answer]!;
  return answer.length === 0 ? "no label" : answer.map((label) => labels[label]!).join(", ");
}

/** Refuses predictions of other texts than those of `first`. */
export function requireSameTexts(first: Predictions, other: Predictions): void {
  const wrong = (what: string) => new AttuneError("study/other-texts", `${other.file}${what}, unlike ${first.file}`);
  if (other.ids.length !== first.ids.length)
    throw wrong(`: it has ${other.ids.length} rows instead of ${first.ids.length}`);
  for (const [i, id] of other.ids.entries()) {
    if (id !== first.ids[i] || other.texts[i] !== first.texts[i])
      throw wrong(`, line ${i + 1}: this is the text ${JSON.stringify(id)}`);
    if (String(other.truth[i]) !== String(first.truth[i]))
      throw wrong(`, line ${i + 1}: its label is ${JSON.stringify(namesOf(other, other.truth[i]!))}`);
  }
}
