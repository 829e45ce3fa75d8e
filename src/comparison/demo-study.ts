/** The study of `attune demo`: what comes with the package, with every method, in a few epochs. */
import { join } from "node:path";
import { EMOTIONS, MINI } from "../hub/included.ts";
import { methodNames } from "../methods/registry.ts";
import type { Plan } from "../study/plan-schema.ts";
import { isStudy } from "../study/study-file.ts";
import { compareStudy } from "./compare-study.ts";
import { readStudy } from "./read-study.ts";

/** Folder of the study where no other is named, in the current one. */
export const DEMO_STUDY = "attune-demo";

/** Its recipe has the learning rates. */
export const demoPlan = {
  model: MINI,
  data: EMOTIONS,
  recipe: "demo",
  methods: methodNames,
  ranks: [2, 8, 32],
} as const satisfies Plan;

/** Whether there is a study in a folder, and every run of it has given its result. */
export function isFinished(path: string): boolean {
  if (!isStudy(path)) return false;
  const { study, finished } = readStudy(path);
  return finished.length === study.runs.length;
}

/** The model of a finished study that does best on validation: folder of its run, and why this one. */
export async function bestModel(study: string): Promise<{ readonly run: string; readonly reason: string }> {
  const { recommended, settings } = await compareStudy([study]);
  // A finished study of this plan has trained something.
  const { chosen, reason } = recommended!;
  const { runs } = settings.find(({ id }) => id === chosen)!;
  return { run: join(study, "runs", runs[0]!.planned.name), reason };
}
