/** The baselines of a run's texts, which the runs of a study compute once for all. */
import type { ContentStore } from "../base/content-store.ts";
import { type Baselines, scoreBaselines } from "../inspection/baselines.ts";
import type { Dataset } from "../tables/dataset.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

/** Undefined where there is but one label. */
export function sharedBaselines(
  dataset: Dataset,
  { limit, seed, splitSeed = seed }: Pick<ResolvedTrainOptions, "limit" | "seed" | "splitSeed">,
  store?: ContentStore,
): Baselines | undefined {
  if (dataset.labels.length < 2) return undefined;
  const key = store?.keyOf("baselines", dataset.sha256, JSON.stringify([limit, splitSeed]));
  const kept = key === undefined ? undefined : store!.read(key);
  if (kept) return JSON.parse(new TextDecoder().decode(kept)) as Baselines;
  const started = performance.now();
  const found = scoreBaselines(dataset);
  if (key !== undefined)
    store!.write(key, new TextEncoder().encode(JSON.stringify(found)), (performance.now() - started) / 1000);
  return found;
}
