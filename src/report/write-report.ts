/** Writes a comparison as report.html, report.md with pictures, results.csv and epochs.csv. */
import { join } from "node:path";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import type { Comparison } from "../comparison/comparison.ts";
import { EPOCHS_HEADER, epochsCsv, RESULTS_HEADER, resultsCsv } from "./csv.ts";
import { NEAREST, type NearestTexts, readNearest, writeNearest } from "./nearest-texts.ts";
import { type OwnFiles, ownPages, requireOwn, startsWith } from "./own-files.ts";
import { reportDocument, TITLES } from "./report-document.ts";
import { viewOf } from "./view.ts";
import { writePages } from "./write-pages.ts";

/** Of the pages, and of the folder of pictures. */
const NAME = "report";
const FILES: OwnFiles = {
  ...ownPages(NAME, Object.values(TITLES)),
  "results.csv": startsWith(RESULTS_HEADER),
  "epochs.csv": startsWith(EPOCHS_HEADER),
  [NEAREST]: (json) => json.includes('"dataSha256"'),
};

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
  requireOwn(out, NAME, FILES);
  if (found) writeNearest(out, found);
  const document = reportDocument(viewOf(comparison, found ?? readNearest(out, comparison)));
  writeWhole(join(out, "results.csv"), resultsCsv(comparison));
  writeWhole(join(out, "epochs.csv"), epochsCsv(comparison));
  return writePages(document, out, NAME);
}
