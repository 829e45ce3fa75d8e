/** Where a comparison has its facts on the data from, the data being perhaps gone. */
import { AttuneError } from "../base/error.ts";
import { openSources, pinned } from "../run/sources.ts";
import type { DataFacts } from "./comparison.ts";
import { describeDataOf } from "./data-facts.ts";
import type { Predictions } from "./read-predictions.ts";
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
    const found = await describeDataOf(facts.options, await openSources(facts.options, {}, facts.hub ?? {}));
    if (found.sha256 === facts.dataSha256) return found;
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    reason = `or the model cannot be read any more (${error.message})`;
  }
  return {
    path: facts.hub?.data ? pinned(facts.hub.data) : facts.options.data,
    sha256: facts.dataSha256,
    labels: facts.labels,
    counts: { validation: countLabels(validation), test: countLabels(test) },
    notes: [`The data ${reason}, so the training texts, lengths and duplicates are not known.`],
  };
}

function countLabels({ labels, truth }: Predictions): number[] {
  const counts = labels.map(() => 0);
  for (const label of truth) counts[label]!++;
  return counts;
}
