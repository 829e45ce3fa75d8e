/** Studies that benches do, and go on with. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "../src/run/run-result.ts";
import { compare } from "../src/study/compare.ts";
import type { Plan } from "../src/study/plan-schema.ts";
import type { PlannedRun } from "../src/study/study.ts";

/** Where the studies of a bench are: as asked for with an option, or a new folder that is said, so that a bench that was stopped can go on. */
export function studiesFolder(asked: string | undefined, bench: string, option = "out"): string {
  const folder = asked ?? mkdtempSync(join(tmpdir(), `attune-${bench}-`));
  console.error(`studies in ${folder}; go on with --${option} ${folder}`);
  return folder;
}

/** Does the runs that are not done; `each` is given every run, those that had been done first. */
export async function doStudy(
  plan: Plan,
  study: string,
  each: (run: PlannedRun, result: RunResult) => void,
): Promise<void> {
  const runs = new Map<string, PlannedRun>();
  for await (const event of compare(plan, study, { estimate: false })) {
    if (event.type === "plan") {
      for (const run of event.study.runs) runs.set(run.name, run);
      for (const [name, result] of Object.entries(event.finished)) each(runs.get(name)!, result);
    }
    if (event.type === "run-failed") throw new Error(`${study}, ${event.name}: ${event.reason}`);
    if (event.type === "run-done") {
      console.error(`${study}, ${event.name}: accuracy ${event.result.test.accuracy.toFixed(4)}`);
      each(runs.get(event.name)!, event.result);
    }
  }
}
