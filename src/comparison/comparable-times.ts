/** Whether the times of finished runs can be held against each other. */
import { listOf } from "../base/error.ts";
import type { Comparison } from "./comparison.ts";
import type { FinishedRun, StoredStudy } from "./read-study.ts";

const SHOWN_NAMES = 4;
const shortListOf = (names: readonly string[]): string =>
  names.length > SHOWN_NAMES
    ? `${names.slice(0, SHOWN_NAMES - 1).join(", ")} and ${names.length - SHOWN_NAMES + 1} more`
    : listOf(names, "and");

export function timesComparable(
  studies: readonly StoredStudy[],
  finished: readonly FinishedRun[],
): Comparison["timesComparable"] {
  const reasons: string[] = [];
  const jobs = Math.max(...studies.map(({ study }) => study.jobs));
  if (jobs > 1) reasons.push(`up to ${jobs} runs ran at once`);
  const differ = (what: string, of: (facts: FinishedRun["facts"]) => string) => {
    const found = [...new Set(finished.map(({ facts }) => of(facts)))];
    if (found.length > 1) reasons.push(`the runs had different ${what}: ${listOf(found, "and")}`);
  };
  const workers = finished.flatMap(({ facts }) => facts.workers ?? []);
  const names = [...new Set(workers.map(({ name }) => name))];
  if (names.length > 1) reasons.push(`the runs were done by different workers: ${shortListOf(names)}`);
  const atOnce = Math.max(0, ...workers.map((worker) => worker.atOnce));
  if (atOnce > 1) reasons.push(`a worker did up to ${atOnce} runs at once`);
  differ("machines", ({ machine }) => `${machine.processor}, ${machine.cores} cores, ${machine.platform}`);
  differ("numbers of threads", ({ options }) => String(options.threads));
  differ("engines", ({ engine }) => engine);
  differ("versions of Node", ({ node }) => node);
  return reasons.length === 0 ? { comparable: true } : { comparable: false, reason: reasons.join("; ") };
}
