/** Where a comparison has its facts on the data from, the data being perhaps gone. */
import { AttuneError } from "../base/error.ts";
import { openSources, pinned } from "../hub/named-inputs.ts";
import type { DataFacts } from "../study/data-facts.ts";
import { describeStudyData, openStudyInput } from "../study/data-facts.ts";
import { labelCounts } from "../tables/dataset.ts";
import { IN_MEMORY } from "../tables/texts-in-memory.ts";
import type { StoredStudy } from "./read-study.ts";

/**
 * Of the data of studies that share them: as written when a study began, else read anew from the data if they are still
 * those of the runs, else what predictions tell.
 */
export async function findDataFacts(studies: readonly StoredStudy[]): Promise<DataFacts> {
  const [run] = studies.flatMap(({ finished }) => finished);
  const { facts, test, validation } = run!;
  const kept = studies.find(({ data }) => data?.sha256 === facts.dataSha256)?.data;
  if (kept) return kept;
  let reason = "have changed since";
  try {
    if (facts.options.data === IN_MEMORY) reason = "were texts in memory, which a run does not keep";
    else {
      const sources = await openSources(facts.options, {}, facts.hub ?? {});
      const found = describeStudyData(await openStudyInput(facts.options, sources));
      if (found.sha256 === facts.dataSha256) return found;
    }
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    reason = `or the model cannot be read any more (${error.message})`;
  }
  return {
    path: facts.hub?.data ? pinned(facts.hub.data) : facts.options.data,
    sha256: facts.dataSha256,
    labels: facts.labels,
    counts: {
      validation: labelCounts(validation.truth, facts.labels.length),
      test: labelCounts(test.truth, facts.labels.length),
    },
    notes: [`The data ${reason}, so the training texts, lengths and duplicates are not known.`],
  };
}
