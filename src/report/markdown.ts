/** A document as Markdown, with its charts as pictures beside it. */

import { escapeMarkdown } from "../base/escape.ts";
import type { Block, Cell, Document, Mark, Table, Text } from "./document.ts";
import { piecesOf } from "./document.ts";
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
    case "table":
      return tableMarkdown(block);
  }
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
