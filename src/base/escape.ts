/** Text from anywhere, made harmless for HTML, Markdown, CSV and terminals. */

/** For HTML and SVG, in elements and in quoted attributes. What XML cannot hold becomes the replacement character. */
export const escapeHtml = (text: string): string =>
  wellFormed(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** For a piece of a line of Markdown, table cells included: nothing in it is markup, and it stays on one line. */
export const escapeMarkdown = (text: string): string =>
  wellFormed(text)
    .replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ")
    .replace(/[\\`*_[\]|~$]/g, "\\$&")
    .replace(/^(\s*)(#{1,6}|[+-]+|=+|\d+[.)])(?=\s|$)/, (_, space, start) => `${space}${start.replace(/.$/, "\\$&")}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

/** One field. Spreadsheets take text that begins like a formula for one: it gets an apostrophe before it. */
export function csvField(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = wellFormed(value);
  const harmless = /^\s*[=+\-@]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return csvCell(harmless);
}

/** One field as it is, in quotes where it needs them. */
export const csvCell = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A line of CSV or TSV with fields as they are. */
export const delimitedLine = (cells: readonly string[], delimiter: "," | "\t"): string =>
  `${cells.map((cell) => (cell.includes("\t") ? `"${cell.replaceAll('"', '""')}"` : csvCell(cell))).join(delimiter)}\n`;

/** JSON without any character that a terminal takes for a command; it means the same. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

const REPLACEMENT = "\uFFFD";

/** Without lone surrogates and without control characters other than tab and line ends. */
export function wellFormed(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]|\p{Surrogate}|\p{Noncharacter_Code_Point}/gu, REPLACEMENT);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** At most so many characters as people count them, the last an ellipsis where some were cut. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

const RIGHT_TO_LEFT =
  /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|[\u200e\u200f\u202a-\u202e]/u;

/** A name from the data within a sentence of ours: one that runs from right to left must not turn what follows. */
export const isolated = (name: string): string => (RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name);
