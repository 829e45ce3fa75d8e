/** Writes a document as a page, and as Markdown with its charts as pictures beside it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole, writeWholeFolder } from "../base/write-whole.ts";
import type { Block, Chart, Document } from "../document/document.ts";
import { htmlOf } from "../document/html.ts";
import { markdownOf } from "../document/markdown.ts";
import { signed } from "./own-files.ts";

/**
 * Writes NAME.html, NAME.md and the folder NAME of pictures, each whole or not at all.
 *
 * @returns path of NAME.html, which is written last
 */
export function writePages(document: Document, out: string, name: string): string {
  const charts = document.sections.flatMap(({ blocks }) => chartsIn(blocks));
  writeWholeFolder(join(out, name), (partial) => {
    for (const { file, standalone } of charts) writeFileSync(join(partial, `${file}.svg`), signed(standalone));
  });
  writeWhole(join(out, `${name}.md`), markdownOf(document, name));
  const page = join(out, `${name}.html`);
  writeWhole(page, htmlOf(document));
  return page;
}

const chartsIn = (blocks: readonly Block[]): Chart[] =>
  blocks.flatMap((block) =>
    block.block === "charts" ? block.charts : block.block === "more" ? chartsIn(block.blocks) : [],
  );
