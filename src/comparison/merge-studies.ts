/** Several studies as one: the same data are required, and settings that share an id are told apart. */
import { basename, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { PlannedRun } from "../study/study.ts";
import { requireSameTexts } from "./read-predictions.ts";
import type { FinishedRun, StoredStudy } from "./read-study.ts";

/** Refuses runs that were not made with the same data. */
export function requireSameData(studies: readonly StoredStudy[]): void {
  const all = studies.flatMap(({ path, finished }) => finished.map((run) => ({ path, run })));
  const [first] = all;
  for (const { path, run } of all) {
    if (run.facts.dataSha256 !== first!.run.facts.dataSha256) {
      const name = (one: { readonly path: string; readonly run: FinishedRun }) =>
        `${one.run.planned.name}${studies.length > 1 ? ` of ${one.path}` : ""}`;
      throw new AttuneError(
        "study/other-data",
        `${path}: ${name({ path, run })} was made with other data than ${name(first!)}, so their test texts differ and ` +
          "they cannot be compared; compare studies of the same data, with the same splits",
      );
    }
    requireSameTexts(first!.run.test, run.test);
    requireSameTexts(first!.run.validation, run.validation);
  }
}

/** Adds the name of its study to every setting whose id stands in several studies. */
export function tellApart(studies: readonly StoredStudy[]): readonly StoredStudy[] {
  const paths = studies.map(({ path }) => resolve(path));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice) throw new AttuneError("study/twice", `${twice}: this study is named twice; name each one once`);
  const bases = paths.map((path) => basename(path));
  const names = new Set(bases).size === bases.length ? bases : bases.map((base, i) => `${base}-${i + 1}`);
  const ids = studies.map(({ study }) => new Set(study.runs.map(({ setting }) => setting)));
  return studies.map((stored, i) => {
    const shared = (id: string) => ids.some((others, j) => j !== i && others.has(id));
    const renamed = new Map(
      stored.study.runs.filter(({ setting }) => shared(setting)).map((run) => [run.name, withStudy(run, names[i]!)]),
    );
    return {
      ...stored,
      finished: stored.finished.map((run) => ({ ...run, planned: renamed.get(run.planned.name) ?? run.planned })),
      failed: stored.failed.map((run) => ({ ...run, name: renamed.get(run.name)?.name ?? run.name })),
      missing: stored.missing.map((name) => renamed.get(name)?.name ?? name),
    };
  });
}

const withStudy = (run: PlannedRun, study: string): PlannedRun => ({
  ...run,
  name: `${run.name}@${study}`,
  setting: `${run.setting}@${study}`,
  title: `${run.title} (${study})`,
});
