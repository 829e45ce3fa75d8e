/** Texts on a command line that begin with a dash: "-5 degrees" is no option. */
import type { Command } from "commander";

/** What no word of a command line can hold, so that it tells a text. */
const MARK = "\0";

/** The words of a command line; where its command takes texts, those that can be no option are marked as texts. */
export function withTextsMarked(words: readonly string[], command: Command | undefined): string[] {
  const takesTexts =
    command?.registeredArguments.some((argument) => argument.name() === "texts") ||
    command?.options.some(({ flags }) => flags.includes("<texts...>"));
  if (!command || !takesTexts) return [...words];
  const known = command.options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
  const takesValue = new Set(
    command.options.filter(({ required, variadic }) => required && !variadic).map(({ long }) => long),
  );
  const end = words.indexOf("--");
  return words.map((word, i) => {
    const isValue = i > 0 && takesValue.has(words[i - 1]);
    if (!word.startsWith("-") || isValue || (end >= 0 && i >= end)) return word;
    const name = word.split("=", 1)[0]!;
    // What looks like an option may be one that is misspelled.
    return known.includes(name) || name === "-h" || /^--[a-z][a-z-]*$/.test(name) ? word : `${MARK}${word}`;
  });
}

/** A text as it was written. */
export const asWritten = (text: string): string => (text.startsWith(MARK) ? text.slice(MARK.length) : text);
