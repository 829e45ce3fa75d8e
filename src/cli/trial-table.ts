/** The live table of a search's trials: what is under way, and the best, within the width and height of a terminal. */
import { styleText } from "node:util";
import { cutTo, padTo, printable, widthOf } from "../document/narrow-text.ts";
import type { SearchState, TrialState } from "../search/replay.ts";
import { metricTitle, scoreText } from "../search/score-words.ts";
import type { Search } from "../search/search-file.ts";
import { valuesInWords } from "../search/trial-run.ts";
import type { Terminal } from "./run-table.ts";

const GAP = "  ";
/** Lines besides those of trials: head, what is left out, status, and room to type in. */
const OTHER_LINES = 4;

/** Lines, none wider than the terminal; `status` is the last, `notes` say what a trial does now. */
export function trialTable(
  search: Search,
  state: SearchState,
  notes: ReadonlyMap<string, string>,
  status: string,
  { columns, rows, colour }: Terminal,
): string[] {
  const ranked = inOrder(state);
  const shown = ranked.slice(0, Math.max(1, rows - OTHER_LINES));
  const cells = shown.map((trial) => cellsOf(search, trial, notes.get(trial.trial)));
  const heads = ["trial", "epochs", metricTitle(search), "", "values"];
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => widthOf(row[i]!))));
  const line = (texts: readonly string[]) =>
    cutTo(
      columns,
      texts
        .map((text, i) => padTo(widths[i]!, text))
        .join(GAP)
        .trimEnd(),
    );
  const lines = cells.map((row, i) => (colour ? styled(line(row), shown[i]!, state) : line(row)));
  const hidden = ranked.length - shown.length;
  return [
    line(heads),
    ...lines,
    ...(hidden > 0 ? [`… ${hidden} more, with lower scores`] : []),
    cutTo(columns, printable(status)),
  ];
}

/** What is under way first, then by score; of equals, the one that was begun first. */
function inOrder({ trials }: SearchState): TrialState[] {
  const score = ({ scores, failure }: TrialState) =>
    failure !== undefined || scores.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(...scores);
  const waits = ({ underWay }: TrialState) => Number(underWay === undefined);
  return trials.toSorted((a, b) => waits(a) - waits(b) || (score(a) === score(b) ? 0 : score(b) - score(a)));
}

function cellsOf(search: Search, trial: TrialState, note: string | undefined): string[] {
  const { scores, failure, underWay, values } = trial;
  const state = failure !== undefined ? `failed: ${failure}` : underWay === undefined ? "" : (note ?? "begins");
  const epochs = underWay === undefined ? String(scores.length) : `${scores.length} → ${underWay}`;
  const best = scores.length > 0 ? scoreText(search, Math.max(...scores)) : "";
  return [trial.trial, epochs, best, state, valuesInWords(values)].map(printable);
}

function styled(line: string, { trial, underWay, failure }: TrialState, { best }: SearchState): string {
  const style =
    failure !== undefined ? "red" : underWay !== undefined ? "bold" : trial === best?.trial ? "green" : "reset";
  return styleText(style, line, { validateStream: false });
}
