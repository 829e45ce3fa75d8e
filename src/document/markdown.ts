/** A document as Markdown, with its charts as pictures beside it. */

import { escapeMarkdown, shortened } from "../base/escape.ts";
import { grouped } from "../base/format.ts";
import type { Block, Cell, Document, Mark, RowList, Table, Text } from "./document.ts";
import { piecesOf, quoted } from "./document.ts";
import { firstQuery, ListRows, shownCell } from "./list-rows.ts";
import { barOf } from "./plain-text.ts";

/** `pictures` is the folder of the SVG files, as seen from the Markdown file. */
export function markdownOf({ title, subtitle, sections }: Document, pictures: string): string {
  const parts = [
    `# ${escapeMarkdown(title)}`,
    textMarkdown(subtitle),
    ...sections.flatMap((section) => [
      `## ${escapeMarkdown(section.title)}`,
      ...section.blocks.map((block) => blockMarkdown(block, pictures)),
    ]),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const textMarkdown = (text: Text): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? escapeMarkdown(piece) : markMarkdown(piece)))
    .join("");

function markMarkdown(mark: Mark): string {
  switch (mark.mark) {
    case "strong":
      return `**${escapeMarkdown(mark.text)}**`;
    case "code":
      return inlineCode(mark.text);
    case "quoted":
      return escapeMarkdown(mark.text);
    case "link":
      return `[${escapeMarkdown(mark.text)}](<${mark.href.replace(/[<>\s]/g, encodeURIComponent)}>)`;
  }
}

/** Between more backticks than stand in a row in it. A pipe would end a table cell even there. */
function inlineCode(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const longest = Math.max(0, ...Array.from(line.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

function blockMarkdown(block: Block, pictures: string): string {
  switch (block.block) {
    case "paragraph":
      return textMarkdown(block.text);
    case "heading":
      return `### ${escapeMarkdown(block.text)}`;
    case "list":
      return block.items.map((item) => `- ${textMarkdown(item)}`).join("\n");
    case "facts":
      return block.items
        .map(
          ([term, said, beneath]) =>
            `- **${escapeMarkdown(term)}:** ${textMarkdown(said)}${beneath ? `. ${escapeMarkdown(beneath)}` : ""}`,
        )
        .join("\n");
    case "command":
      return block.text
        .split("\n")
        .map((line) => `    ${line}`)
        .join("\n");
    case "charts":
      return block.charts
        .map(
          ({ file, title, description }) => `![${escapeMarkdown(`${title}. ${description}`)}](${pictures}/${file}.svg)`,
        )
        .join("\n");
    case "more":
      return [
        `<details><summary>${escapeMarkdown(block.summary)}</summary>`,
        ...block.blocks.map((inner) => blockMarkdown(inner, pictures)),
        "</details>",
      ].join("\n\n");
    case "rows":
      return tableMarkdown(firstRows(block));
    case "table":
      return tableMarkdown(block);
  }
}

const FIRST_ROWS = 20;
const LONGEST_TEXT = 200;

/** Of a list those rows that a page shows at first, as far as they can be read. */
function firstRows(list: RowList): Table {
  const shown = new ListRows(list).of(firstQuery(list));
  const columns = list.columns.filter(({ hidden }) => !hidden);
  const [one, many] = list.noun;
  const rest = shown.length - FIRST_ROWS;
  return {
    block: "table",
    caption: `${grouped(shown.length)} ${shown.length === 1 ? one : many}${rest > 0 ? `; the first ${FIRST_ROWS}, of which the page has all` : ""}.`,
    columns: columns.map(({ title, kind }) => ({ title, figures: kind === "share" || kind === "number" })),
    groups: [
      {
        rows: shown
          .slice(0, FIRST_ROWS)
          .map((row) =>
            columns.map((column) => [quoted(shortened(shownCell(column, column.cells[row]!), LONGEST_TEXT))]),
          ),
      },
    ],
  };
}

function tableMarkdown({ caption, columns, groups }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = groups.flatMap(({ title, rows: cells }) => [
    ...(title === undefined ? [] : [line([`**${escapeMarkdown(title)}**`, ...columns.slice(1).map(() => "")])]),
    ...cells.map((row) => line(row.map(cellMarkdown))),
  ]);
  const head = columns.map(({ title, note }) => `${textMarkdown(title)}${note ? ` (${escapeMarkdown(note)})` : ""}`);
  const table = [line(head), line(columns.map(({ figures }) => (figures ? "---:" : "---"))), ...rows].join("\n");
  return caption ? `${textMarkdown(caption)}\n\n${table}` : table;
}

function cellMarkdown(given: Cell | Text): string {
  const { text, below, best, bar }: Cell = typeof given === "object" && "text" in given ? given : { text: given };
  const said = textMarkdown(text);
  return `${best ? `**${said}**` : said}${below ? ` (${escapeMarkdown(below)})` : ""}${bar ? ` ${barOf(bar)}` : ""}`;
}
