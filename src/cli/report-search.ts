/** What a search says: its report as files, with the best trials on the terminal. */
import { diskError } from "../base/disk-error.ts";
import { writeSearchReport } from "../report/search/write-search-report.ts";
import { readLog, readSearch } from "../search/search-folder.ts";

/**
 * Writes the report of a search as far as it is into `folder`.
 *
 * @returns path of search.html
 */
export function reportSearch(search: string, folder = search): string {
  const [asked, entries] = [readSearch(search), readLog(search)];
  try {
    return writeSearchReport(asked, entries, folder);
  } catch (error) {
    throw diskError(error, folder, `put that right, and make the report with: attune report ${search}`);
  }
}
