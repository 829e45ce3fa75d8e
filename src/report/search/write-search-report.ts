/** Writes the report of a search as search.html, search.md with pictures, and trials.csv. */
import { join } from "node:path";
import { makeFolder, writeWhole } from "../../base/write-whole.ts";
import type { Search, SearchEntry } from "../../search/search-file.ts";
import { type OwnFiles, ownPages, requireOwn, startsWith } from "../own-files.ts";
import { writePages } from "../write-pages.ts";
import { reportedSearch } from "./reported-search.ts";
import { SEARCH_TITLE, searchDocument } from "./search-document.ts";
import { TRIALS_HEADER, trialsCsv } from "./trials-csv.ts";

/** Of the pages, and of the folder of pictures. */
const NAME = "search";
const TRIALS = "trials.csv";
const FILES: OwnFiles = { ...ownPages(NAME, [SEARCH_TITLE]), [TRIALS]: startsWith(TRIALS_HEADER) };

/**
 * Writes what a search has found so far into a folder, which is made where it is missing; what an earlier report left there
 * is replaced, and nothing else.
 *
 * @returns path of search.html
 * @throws AttuneError where files that are no report's are in the way, the system's error where the folder cannot be written
 */
export function writeSearchReport(search: Search, entries: readonly SearchEntry[], out: string): string {
  makeFolder(out);
  requireOwn(out, NAME, FILES);
  const view = reportedSearch(search, entries);
  writeWhole(join(out, TRIALS), trialsCsv(view));
  return writePages(searchDocument(view), out, NAME);
}
