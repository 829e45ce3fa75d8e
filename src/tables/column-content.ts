/** What a column holds, by shares of a sample: texts, dates, few or many values. */
import { isRoleName } from "./column-names.ts";
import { isDate } from "./dates.ts";
import { showValue } from "./show-value.ts";
import type { Table } from "./table.ts";

/** The column's values in the sample, row by row. */
export function sampleIn({ columns, sample }: Table, column: string): readonly unknown[] {
  const place = columns.indexOf(column);
  return sample.map(({ values }) => values[place]);
}

/** Words in the column's texts on average; 0 where most of its cells are no texts, or dates. */
export function wordsIn(table: Table, column: string): number {
  const { isText, words, count } = contentOf(table, column);
  return isText ? words / count : 0;
}

interface Content {
  /** Whether most cells are texts: they have letters, and are no dates. */
  readonly isText: boolean;
  /** Cells of the sample that are not empty, and those of them that are like no text. */
  readonly count: number;
  readonly others: number;
  /** In all of them. */
  readonly words: number;
}

/** Of a column some texts may be without letters: "10/10", or a thumb. */
const MOST = 0.5;

function contentOf(table: Table, column: string): Content {
  const values = sampleIn(table, column).filter((value) => value !== null && value !== undefined);
  const texts = values.filter((value): value is string => typeof value === "string" && value.trim() !== "");
  const isOther = (text: string) => !/\p{L}/u.test(text) || isDate(text.trim());
  const others = texts.filter(isOther).length;
  const words = texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
  const areStrings = values.every((value) => typeof value === "string");
  const isText = areStrings && texts.length > 0 && others <= texts.length * (1 - MOST);
  return { isText, count: Math.max(1, values.length), others, words };
}

/** How many different values the sample has in a column. */
export function distinctIn(table: Table, column: string): number {
  const values = sampleIn(table, column).filter((value) => value !== null && value !== "");
  return new Set(values.map((value) => (typeof value === "object" ? showValue(value) : value))).size;
}

/** What was close in choosing columns of texts by what they hold, for the line that says how a table was read. */
export function closeChoices(table: Table, texts: readonly string[]): string[] {
  return texts.flatMap((column) => {
    const { isText, others, count } = contentOf(table, column);
    if (!isText || others === 0 || isRoleName(column)) return [];
    return [`"${column}" taken for texts, though ${others} of ${count} looked at have no words`];
  });
}
