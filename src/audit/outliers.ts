/** Texts that are like no other: far from their nearest neighbours, as Tukey's fences say (Tukey 1977). */
import type { Neighbours } from "./neighbours.ts";

/** Quartile ranges above the third quartile from which on a text is "far out". */
const FAR_OUT = 3;

export interface Outlier {
  readonly text: number;
  /** Mean distance from the neighbours, 1 minus the cosine. */
  readonly distance: number;
}

/** The furthest first. */
export function findOutliers({ each, similarities }: Neighbours): Outlier[] {
  const count = each === 0 ? 0 : similarities.length / each;
  const distances = Float64Array.from({ length: count }, (_, text) => {
    let sum = 0;
    for (let place = text * each; place < (text + 1) * each; place++) sum += similarities[place]!;
    return 1 - sum / each;
  });
  const sorted = distances.toSorted();
  const [q1, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const limit = q3 + FAR_OUT * (q3 - q1);
  return [...distances.keys()]
    .filter((text) => distances[text]! > limit)
    .map((text) => ({ text, distance: distances[text]! }))
    .sort((a, b) => b.distance - a.distance);
}

/** Between the two nearest ranks, as numpy has it. */
function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below]! + (place - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}
