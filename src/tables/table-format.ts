/** How a table's file is written, as far as one has to say it because looking would not tell. */
import { AttuneError } from "../base/error.ts";

export interface TableFormat {
  /** One character, "tab" or "space". @default found by looking: comma, tab, semicolon or bar */
  readonly delimiter?: string | undefined;
  /** The character around fields that hold delimiters, or "none" where quotes are part of the text. @default " */
  readonly quote?: string | undefined;
  /** The character before a quote that belongs to the text: the quote itself, or a backslash. @default found by looking */
  readonly escape?: string | undefined;
  /** A name that TextDecoder or Python knows, like "windows-1252" or "latin-1". @default UTF-8, or UTF-16 where the file shows it */
  readonly encoding?: string | undefined;
  /** Whether the first row names the columns. @default found by looking */
  readonly header?: boolean | undefined;
}

export const formatKeys = [
  "delimiter",
  "quote",
  "escape",
  "encoding",
  "header",
] as const satisfies (keyof TableFormat)[];

const NAMED: Readonly<Record<string, string>> = { tab: "\t", "\\t": "\t", space: " ", comma: ",", semicolon: ";" };

/** The delimiter that was asked for, as one character. */
export function delimiterOf({ delimiter }: TableFormat): string | undefined {
  if (delimiter === undefined) return undefined;
  const character = Object.hasOwn(NAMED, delimiter) ? NAMED[delimiter]! : delimiter;
  if (character.length === 1 && !/["\r\n]/.test(character)) return character;
  throw new AttuneError(
    "options/delimiter",
    `the delimiter cannot be ${JSON.stringify(delimiter)}: it is one character, or "tab"`,
  );
}

/** The quote that was asked for; false for none. */
export function quoteOf({ quote }: TableFormat): string | false | undefined {
  if (quote === undefined) return undefined;
  if (quote === "none") return false;
  if (quote.length === 1 && !/[\r\n]/.test(quote)) return quote;
  throw new AttuneError(
    "options/quote",
    `the quote cannot be ${JSON.stringify(quote)}: it is one character, or "none"`,
  );
}

/** The escape that was asked for. */
export function escapeOf(format: TableFormat): string | undefined {
  if (format.escape === undefined) return undefined;
  const character = format.escape === "backslash" ? "\\" : format.escape;
  if (character.length === 1 && !/[\r\n]/.test(character)) return character;
  throw new AttuneError(
    "options/escape",
    `the escape cannot be ${JSON.stringify(format.escape)}: it is one character, or "backslash"`,
  );
}
