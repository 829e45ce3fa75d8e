/** Writes a comparison as report.html, report.md with pictures, results.csv and epochs.csv. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeWhole, writeWholeFolder } from "../base/write-whole.ts";
import type { Comparison } from "../comparison/comparison.ts";
import type { Block, Chart } from "../document/document.ts";
import { htmlOf } from "../document/html.ts";
import { markdownOf } from "../document/markdown.ts";
import { epochsCsv, resultsCsv } from "./csv.ts";
import { type NearestTexts, readNearest, writeNearest } from "./nearest-texts.ts";
import { requireOwn, signed } from "./own-files.ts";
import { reportDocument } from "./report-document.ts";
import { viewOf } from "./view.ts";

/** Pictures of report.md. */
const PICTURES = "report";

/**
 * Writes the report into a folder, which is made where it is missing. Each file is written whole or not at all, and
 * what an earlier report left is replaced, and nothing else.
 *
 * @param found training texts nearest to those with wrong answers; without it, those that an earlier report found
 * @returns path of report.html
 * @throws AttuneError where files that are no report's are in the way, the system's error where the folder cannot be written
 */
export function writeReport(comparison: Comparison, out: string, found?: NearestTexts): string {
  makeFolder(out);
  requireOwn(out, PICTURES);
  if (found) writeNearest(out, found);
  const document = reportDocument(viewOf(comparison, found ?? readNearest(out, comparison)));
  const charts = document.sections.flatMap(({ blocks }) => chartsIn(blocks));
  writePictures(join(out, PICTURES), charts);
  writeWhole(join(out, "report.md"), markdownOf(document, PICTURES));
  writeWhole(join(out, "results.csv"), resultsCsv(comparison));
  writeWhole(join(out, "epochs.csv"), epochsCsv(comparison));
  const page = join(out, "report.html");
  writeWhole(page, htmlOf(document));
  return page;
}

const chartsIn = (blocks: readonly Block[]): Chart[] =>
  blocks.flatMap((block) =>
    block.block === "charts" ? block.charts : block.block === "more" ? chartsIn(block.blocks) : [],
  );

function writePictures(folder: string, charts: readonly Chart[]): void {
  writeWholeFolder(folder, (partial) => {
    for (const { file, standalone } of charts) writeFileSync(join(partial, `${file}.svg`), signed(standalone));
  });
}
