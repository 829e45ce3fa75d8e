/** `compareStudy`: from the folders of studies to a comparison. All quality is computed anew from stored predictions. */
import { AttuneError } from "../base/error.ts";
import { bestSettings, paretoFronts } from "./best-settings.ts";
import { chooseRanks, recommend } from "./choices.ts";
import { timesComparable } from "./comparable-times.ts";
import type { Comparison } from "./comparison.ts";
import { differences } from "./differences.ts";
import { findDataFacts } from "./find-data-facts.ts";
import { groupSettings, type ScoredSetting } from "./group-settings.ts";
import { requireSameData, tellApart } from "./merge-studies.ts";
import { readStudy, type StoredStudy } from "./read-study.ts";
import { tellingTexts } from "./telling-texts.ts";
import { wrongTexts } from "./wrong-texts.ts";

/**
 * Compares the finished runs of one study, or of several on the same data; settings whose id stands in several of them get
 * the study's name behind it.
 *
 * @throws AttuneError where a folder is no study, where no run has finished, where the runs' data differ, and where a file is
 * broken, which it names
 */
export async function compareStudy(paths: readonly string[]): Promise<Comparison> {
  const studies = tellApart(paths.map(readStudy));
  const finished = studies.flatMap((stored) => stored.finished);
  if (finished.length === 0) throw nothingFinished(studies);
  requireSameData(studies);
  const settings = groupSettings(finished);
  const trained = settings.filter((one) => one.trained);
  const rows = trained.map(({ setting }) => setting);
  const studyOf = ({ setting }: ScoredSetting) =>
    studies.findIndex((stored) => stored.finished.some(({ planned }) => planned.setting === setting.id));
  return {
    studies: studies.map(({ study }) => study),
    data: await findDataFacts(studies),
    settings: settings.map(({ setting }) => setting),
    failed: studies.flatMap(({ failed }) => failed),
    missing: studies.flatMap(({ missing }) => missing),
    differences: differences(trained, studyOf),
    best: bestSettings(rows),
    pareto: paretoFronts(rows),
    ranks: chooseRanks(trained),
    recommended: recommend(rows),
    ...tellingTexts(trained),
    wrongTexts: wrongTexts(trained),
    timesComparable: timesComparable(studies, finished),
  };
}

function nothingFinished(studies: readonly StoredStudy[]): AttuneError {
  const failed = studies.flatMap((stored) => stored.failed);
  const missing = studies.flatMap((stored) => stored.missing).length;
  const why = failed[0] ? `${failed.length} failed, the first (${failed[0].name}) because: ${failed[0].reason}; ` : "";
  return new AttuneError(
    "study/nothing-finished",
    `${studies.map(({ path }) => path).join(", ")}: no run of this study has finished, so there is nothing to compare ` +
      `(${why}${missing} to go); go on with: ${studies[0]!.study.command}`,
  );
}
