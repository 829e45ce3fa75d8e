/** Whether a study can go on with a plan: only with the one it was begun with. */
import { isDeepStrictEqual } from "node:util";
import { AttuneError } from "../base/error.ts";
import type { ResolvedPlan } from "./plan-schema.ts";
import type { PlannedRun, Study } from "./study.ts";

/** What may change between two calls: it decides how runs are done, not what they are. */
const FREE: ReadonlySet<string> = new Set(["jobs", "threads"] satisfies (keyof ResolvedPlan)[]);

/** @throws AttuneError that names the first difference */
export function requireSamePlan(path: string, study: Study, plan: ResolvedPlan, runs: readonly PlannedRun[]): void {
  const keys = new Set([...Object.keys(study.plan), ...Object.keys(plan)]);
  const different = (a: unknown, b: unknown) => !isDeepStrictEqual(a, b);
  const refuse = (what: string, before: unknown, now: unknown) => {
    // What a plan gives once is kept as a list of one.
    const one = (value: unknown) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
    const said = (value: unknown) => (value === undefined ? "not given" : JSON.stringify(one(value)));
    throw new AttuneError(
      "study/other-plan",
      `${path}: this study was begun with another plan (${what} was ${said(before)} and is now ${said(now)}); ` +
        `choose another --out, or go on with it as it is: attune compare --resume ${path}`,
    );
  };
  for (const key of keys) {
    const [before, now] = [study.plan, plan].map((of) => (of as unknown as Record<string, unknown>)[key]);
    if (!FREE.has(key) && different(before, now)) refuse(key, before, now);
  }
  // The same plan can mean other runs to another version of Attune.
  const options = (of: PlannedRun) => of.options as unknown as Record<string, unknown>;
  for (const run of runs) {
    const before = study.runs.find(({ name }) => name === run.name);
    if (!before) refuse(`the run ${run.name}`, undefined, "planned");
    else
      for (const key of new Set([...Object.keys(before.options), ...Object.keys(run.options)]))
        if (different(options(before)[key], options(run)[key]))
          refuse(`${key} of ${run.name}`, options(before)[key], options(run)[key]);
  }
}
