/** Whether each decision in the log of a search is the one that would be made again. */
import { isDeepStrictEqual } from "node:util";
import { type Decision, nextDecision } from "./next-decision.ts";
import { after, initialSearchState, type SearchState } from "./replay.ts";
import type { Search, SearchEntry } from "./search-file.ts";

/** A decision of the log, and the one that the entries before it lead to. */
export interface CheckedDecision {
  /** Line of the log, from 1. */
  readonly line: number;
  readonly logged: Decision;
  readonly again: Decision | undefined;
  readonly isSame: boolean;
}

export interface CheckedLog {
  readonly decisions: readonly CheckedDecision[];
  readonly state: SearchState;
}

const DECISIONS: readonly string[] = ["trial", "start", "end"] satisfies Decision["type"][];

export function checkLog(search: Search, entries: readonly SearchEntry[]): CheckedLog {
  let state = initialSearchState;
  const decisions: CheckedDecision[] = [];
  for (const [at, entry] of entries.entries()) {
    if (isDecision(entry)) {
      const again = nextDecision(search, state);
      decisions.push({ line: at + 1, logged: entry, again, isSame: isDeepStrictEqual(entry, again) });
    }
    state = after(search, state, entry);
  }
  return { decisions, state };
}

const isDecision = (entry: SearchEntry): entry is Decision => DECISIONS.includes(entry.type);
