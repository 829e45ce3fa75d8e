/** Label names and their order: from metadata where there is any, else from the training rows. */
import { AttuneError, listOf } from "../base/error.ts";
import type { Table } from "./table.ts";

/** A label as it stands in a row, brought to a name. */
export type LabelReader = (value: unknown, where: string) => string;

/**
 * Reads labels of rows. With class names, whole numbers are places in that list; otherwise numbers, words and booleans
 * are their own names.
 */
export function labelReader(
  column: string,
  classNames: readonly string[] | undefined,
  { textOnly }: Pick<Table, "textOnly">,
): LabelReader {
  return (value, where) => {
    const name = plainName(value, textOnly);
    if (name === undefined)
      throw new AttuneError(
        "data/label",
        `${where}: the ${column} is ${show(value)}; a label is a word, a whole number or true/false`,
      );
    if (!classNames) return name;
    if (typeof value === "string" && classNames.includes(name)) return name;
    const named = /^\d+$/.test(name) ? classNames[Number(name)] : undefined;
    if (named !== undefined) return named;
    throw new AttuneError(
      "data/label",
      `${where}: the ${column} is ${show(value)}, and the labels are ${listOf(classNames, "and")}`,
    );
  };
}

/** A number with a decimal point: not a label, and only in text-only files not to be told from a word by its type. */
const FRACTION = /^[-+]?(\d+\.\d*|\.\d+)$/;

function plainName(value: unknown, textOnly: boolean): string | undefined {
  if (typeof value === "string") return value.trim() === "" || (textOnly && FRACTION.test(value)) ? undefined : value;
  if (typeof value === "boolean" || typeof value === "bigint" || Number.isInteger(value)) return String(value);
  return undefined;
}

function show(value: unknown): string {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return "missing";
  return typeof value === "object" || typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Names in the order that training uses: numbers by value, words by code point. */
export function orderLabels(names: Iterable<string>): string[] {
  const unique = [...new Set(names)];
  const numeric = unique.every((name) => /^-?\d+$/.test(name));
  return unique.sort((a, b) => (numeric ? compareNumbers(a, b) : 0) || compareCodePoints(a, b));
}

function compareNumbers(a: string, b: string): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
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
