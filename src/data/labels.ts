/** Label names and their order: from metadata where there is any, else from the training rows. */
import { AttuneError, listOf } from "../base/error.ts";

/** A label as it stands in a row, brought to a name. */
export type LabelReader = (value: unknown, where: string) => string;

/**
 * Reads labels of rows. With class names, whole numbers are places in that list; otherwise numbers, words and booleans
 * are their own names.
 */
export function labelReader(column: string, classNames: readonly string[] | undefined): LabelReader {
  return (value, where) => {
    const name = plainName(value);
    if (name === undefined)
      throw new AttuneError(
        "data/label",
        `${where}: the ${column} is ${show(value)}; a label is a word, a whole number or true/false`,
      );
    if (!classNames || classNames.includes(name)) return name;
    const named = /^\d+$/.test(name) ? classNames[Number(name)] : undefined;
    if (named === undefined)
      throw new AttuneError(
        "data/label",
        `${where}: the ${column} is ${show(value)}, and the labels are ${listOf(classNames)}`,
      );
    return named;
  };
}

function plainName(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (typeof value === "boolean" || typeof value === "bigint" || Number.isInteger(value)) return String(value);
  return undefined;
}

const show = (value: unknown): string =>
  value === undefined || value === null || value === "" ? "missing" : (JSON.stringify(value) ?? String(value));

/** Names in the order that training uses: numbers by value, words by code point. */
export function orderLabels(names: Iterable<string>): string[] {
  const unique = [...new Set(names)];
  if (unique.every((name) => /^-?\d+$/.test(name)))
    return unique.sort((a, b) => Number(a) - Number(b) || compareCodePoints(a, b));
  return unique.sort(compareCodePoints);
}

/** `<` on strings compares UTF-16 units, which puts emoji before some letters; this compares code points. */
function compareCodePoints(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
