/** Which split a name means, by the words that Hugging Face datasets knows. */
import type { SplitName } from "./dataset.ts";

/** `evaluation` is validation where something else is test, and test otherwise. */
export type SplitMeaning = SplitName | "evaluation";

const WORDS: ReadonlyMap<string, SplitMeaning> = new Map([
  ["train", "train"],
  ["training", "train"],
  ["validation", "validation"],
  ["valid", "validation"],
  ["val", "validation"],
  ["dev", "validation"],
  ["test", "test"],
  ["testing", "test"],
  ["eval", "evaluation"],
  ["evaluation", "evaluation"],
]);

export interface NamedSplit {
  readonly meaning: SplitMeaning;
  /** The word that says it. */
  readonly word: string;
  /** What else there is: "" of train and of train-00000-of-00002. */
  readonly rest: string;
  readonly shard: string | undefined;
}

/** A number at the end, of how many, and what may follow them. */
const SHARD = /(?:[-_. ]\d.*|\d+)$/;

/**
 * The split that a name without its ending says, by a word between blanks, digits, `-`, `.` and `_`. Undefined where none of
 * the words is there, or those of different splits.
 */
export function splitOfName(name: string): NamedSplit | undefined {
  const words = name.toLowerCase().split(/[-._ 0-9]+/);
  const said = words.filter((word) => WORDS.has(word));
  const sure = new Set(said.map((word) => WORDS.get(word)!).filter((meaning) => meaning !== "evaluation"));
  if (said.length === 0 || sure.size > 1) return undefined;
  const meaning = [...sure][0] ?? "evaluation";
  const word = said.find((one) => WORDS.get(one) === meaning)!;
  const place = name.toLowerCase().search(new RegExp(`(?<![^-._ 0-9])${word}(?![^-._ 0-9])`));
  const [before, after] = [name.slice(0, place), name.slice(place + word.length)];
  const shard = SHARD.exec(after)?.[0];
  return { meaning, word, rest: before + after.slice(0, after.length - (shard?.length ?? 0)), shard };
}

/** The same where nothing else shows what evaluation is. */
export function splitNamed(name: string): SplitName | undefined {
  const meaning = splitOfName(name)?.meaning;
  return meaning === "evaluation" ? "test" : meaning;
}
