/** Blocks of a document as lines for a terminal; what stands smaller beneath a cell is left out. */
import { alignColumns } from "../base/format.ts";
import { type Cell, type PlainBlock, piecesOf, type Text } from "./document.ts";

const BAR_WIDTH = 24;

export const plainText = (blocks: readonly PlainBlock[]): string => blocks.map(blockLines).map(joined).join("\n\n");

const joined = (lines: readonly string[]): string => lines.map((line) => line.trimEnd()).join("\n");

function blockLines(block: PlainBlock): string[] {
  switch (block.block) {
    case "paragraph":
      return [textOf(block.text)];
    case "list":
      return block.items.map((item) => `- ${textOf(item)}`);
    case "facts":
      return block.items.map(([term, said]) => `${term}: ${textOf(said)}`);
    case "table": {
      const rows = block.groups.flatMap((group) => group.rows).map((row) => row.map(cellOf));
      const head = block.columns.map(({ title }) => textOf(title));
      const lines = alignColumns([head, ...rows.map((row) => row.map(({ text }) => textOf(text)))]);
      const bars = rows.map((row) => row.map(({ bar }) => barOf(bar)).join(""));
      return [
        ...(block.caption === undefined ? [] : [textOf(block.caption)]),
        ...lines.map((line, i) => (i > 0 && bars[i - 1] ? `${line}  ${bars[i - 1]}` : line)),
      ];
    }
  }
}

/** As a row of blocks. */
export const barOf = (bar: number | undefined): string =>
  bar === undefined ? "" : "█".repeat(Math.ceil(BAR_WIDTH * bar));

const cellOf = (given: Cell | Text): Cell => (typeof given === "object" && "text" in given ? given : { text: given });

/** Without what would move the cursor. */
const textOf = (text: Text): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : piece.text))
    .join("")
    .replace(/\p{Cc}/gu, " ");
