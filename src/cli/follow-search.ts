/** A search followed to its end on the terminal, with what it found behind it. */
import { AttuneError } from "../base/error.ts";
import { metric } from "../base/format.ts";
import { type CheckedDecision, checkLog } from "../search/check-log.ts";
import { metricTitle, scoreText } from "../search/score-words.ts";
import type { SearchDoneEvent, SearchEvent } from "../search/search-events.ts";
import type { Search } from "../search/search-file.ts";
import { readLog, readSearch } from "../search/search-folder.ts";
import { valuesInWords } from "../search/trial-run.ts";
import { afterSearch } from "./next-commands.ts";
import { reportSearch } from "./report-search.ts";
import { SearchView } from "./search-view.ts";
import { writeOut } from "./write-text.ts";

/** @throws AttuneError where every trial failed */
export async function followSearch(events: AsyncIterable<SearchEvent>, out: string, quiet: boolean): Promise<void> {
  const view = quiet ? undefined : new SearchView(process.stderr);
  let done: SearchDoneEvent | undefined;
  try {
    for await (const event of events) {
      view?.show(event);
      if (event.type === "done") done = event;
    }
  } finally {
    view?.end();
  }
  if (!done) return;
  const page = reportSearch(out);
  const { best, state } = done;
  if (!best) {
    const reason = state.trials.find(({ failure }) => failure !== undefined)?.failure ?? "no trial was begun";
    throw new AttuneError(
      "search/failed",
      `none of ${state.trials.length} trials came to a result (${reason})`,
      "failure",
    );
  }
  writeOut(
    quiet
      ? `${best.command}\n`
      : `\n${[...found(readSearch(out), best), "", ...afterSearch(out, best.run), "", page].join("\n")}\n`,
  );
}

const found = (
  search: Search,
  { trial, score, values, test, command }: NonNullable<SearchDoneEvent["best"]>,
): string[] => [
  `Best: ${trial}, ${valuesInWords(values)}`,
  `  validation ${metricTitle(search)} ${scoreText(search, score)}; on the test split, once: accuracy ${metric(test.accuracy)}, macro F1 ${metric(test.f1)}`,
  "",
  "Train with:",
  `  ${command}`,
];

/**
 * Says for each decision in the log of a search whether it would be made again.
 *
 * @throws AttuneError with `kind` "failure" where one would not
 */
export function replaySearch(path: string): void {
  const { decisions } = checkLog(readSearch(path), readLog(path));
  const other = decisions.filter(({ isSame }) => !isSame);
  for (const decision of other) writeOut(`${otherInWords(decision)}\n`);
  if (other.length > 0)
    throw new AttuneError(
      "search/replay",
      `${path}: ${other.length} of ${decisions.length} decisions would be others now; its log was changed, or made by another version`,
      "failure",
    );
  writeOut(`${decisions.length} decisions, each of which would be made again\n`);
}

const otherInWords = ({ line, logged, again }: CheckedDecision): string =>
  `line ${line}: ${JSON.stringify(logged)}, and now ${again ? JSON.stringify(again) : "nothing before the next result"}`;
