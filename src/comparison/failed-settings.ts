/** Which settings have learned no more than what costs nothing, by the verdicts of their runs. */
import type { Verdict } from "../run/verdict.ts";
import type { Setting } from "./comparison.ts";

/** The verdict of the first run that does not beat the baselines, where most runs of a setting do not; runs of older versions have none. */
export function failureOf({ runs }: Pick<Setting, "runs">): Verdict | undefined {
  const failed = runs.flatMap(({ result: { verdict } }) => (verdict && !verdict.beatsBaselines ? [verdict] : []));
  return failed.length * 2 > runs.length ? failed[0] : undefined;
}
