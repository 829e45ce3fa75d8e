/** Label names and their order: from metadata where there is any, else from the training rows. */
import { AttuneError, listOf } from "../base/error.ts";
import { showValue } from "./show-value.ts";
import { cellOf, type Table } from "./table.ts";

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
    if (name === undefined) throw notALabel(column, value, textOnly, where);
    if (!classNames) return name;
    if (typeof value === "string" && classNames.includes(value.trim())) return value.trim();
    const named = /^\d+$/.test(name) ? classNames[Number(name)] : undefined;
    if (named !== undefined) return named;
    throw new AttuneError(
      "data/label",
      `${cellOf(where, column)} is ${show(value)}, and the labels are ${listOf(classNames, "and")}`,
    );
  };
}

/** A number with a decimal point: not a label, and only in text-only files not to be told from a word by its type. */
const FRACTION = /^[-+]?(\d+\.\d*|\.\d+)(e[-+]?\d+)?$/i;
/** A whole number as programs write it whose column may hold fractions, or is not full: 0.0 is 0. */
const WHOLE = /^([-+]?)0*(\d+)\.0+$/;

export const isFraction = (value: unknown, textOnly: boolean): boolean => {
  if (typeof value === "number") return !Number.isInteger(value);
  if (!textOnly || typeof value !== "string") return false;
  const text = value.trim();
  return FRACTION.test(text) && !WHOLE.test(text);
};

function notALabel(column: string, value: unknown, textOnly: boolean, where: string): AttuneError {
  const what = `${cellOf(where, column)} is ${show(value)}`;
  if (Array.isArray(value))
    return new AttuneError(
      "data/label",
      `${what}; a label is a word, a whole number or true/false, and lists of them need --multi-label`,
    );
  const isNumber = isFraction(value, textOnly) && !Number.isNaN(value);
  const advice = isNumber ? ": a column of continuous numbers has no labels; choose another --label" : "";
  return new AttuneError("data/label", `${what}; a label is a word, a whole number or true/false${advice}`);
}

function plainName(value: unknown, textOnly: boolean): string | undefined {
  if (typeof value === "string") {
    const name = value.trim();
    if (name === "" || isFraction(name, textOnly)) return undefined;
    const [, sign, digits] = (textOnly && WHOLE.exec(name)) || [];
    return digits === undefined ? name : `${sign === "-" && digits !== "0" ? "-" : ""}${digits}`;
  }
  if (Object.is(value, -0)) return "0";
  if (typeof value === "boolean" || typeof value === "bigint" || Number.isInteger(value)) return String(value);
  return undefined;
}

function show(value: unknown): string {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return "missing";
  return showValue(value);
}

/** Cells of a column that stands for one label: whether a text has it. */
const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...["1", "true", "yes", 1, 1n, true].map((value) => [value, true] as const),
  ...["0", "false", "no", "", 0, 0n, false, null].map((value) => [value, false] as const),
]);

const flagOf = (value: unknown): boolean | undefined =>
  FLAGS.get(typeof value === "string" ? value.trim().toLowerCase().replace(/\.0+$/, "") : value);

export const isFlag = (value: unknown): boolean => flagOf(value) !== undefined;

/** The labels of a row that has one column for each. */
export function flaggedLabels(columns: readonly string[], values: readonly unknown[], where: string): string[] {
  return columns.filter((column, i) => {
    const flag = flagOf(values[i]);
    if (flag === undefined)
      throw new AttuneError(
        "data/label",
        `${cellOf(where, column)} is ${show(values[i])}; with one column for each label it is 1 or 0, true or false`,
      );
    return flag;
  });
}

/** Labels in one cell: a list, a list written as text, or names with a separator between them. */
export function labelsInCell(value: unknown, separator: string | undefined): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) return [];
  if (typeof value !== "string") return [value];
  const list = /^\s*\[(.*)\]\s*$/s.exec(value)?.[1];
  if (list !== undefined) return [...list.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^,\s]+)/g)].map(listItem);
  const parts = separator === undefined ? [value] : value.split(separator);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

const listItem = ([, double, single, bare]: RegExpMatchArray): string =>
  (double ?? single ?? bare!).replace(/\\(.)/g, "$1");

/** What separates labels in cells: the first of the usual characters that any of them has. */
export function findSeparator(values: readonly unknown[]): string | undefined {
  const texts = values.filter((value): value is string => typeof value === "string" && !/^\s*\[/.test(value));
  return ["|", ";", ","].find((separator) => texts.some((text) => text.includes(separator)));
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
