/** Whether the times of finished runs can be held against each other. */
import { listOf } from "../base/error.ts";
import type { Comparison } from "./comparison.ts";
import type { FinishedRun, StoredStudy } from "./read-study.ts";

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
  differ("machines", ({ machine }) => `${machine.processor}, ${machine.cores} cores, ${machine.platform}`);
  differ("numbers of threads", ({ options }) => String(options.threads));
  differ("engines", ({ engine }) => engine);
  differ("versions of Node", ({ node }) => node);
  return reasons.length === 0 ? { comparable: true } : { comparable: false, reason: reasons.join("; ") };
}
