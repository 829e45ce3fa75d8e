/** Pareto front: what nothing else beats in both quality and cost. */

export interface Priced {
  /** Higher is better. */
  readonly quality: number;
  /** Lower is better. */
  readonly cost: number;
}

/** Those than which no other is at least as good in both and better in one, cheapest first. */
export function paretoFront<T extends Priced>(all: readonly T[]): T[] {
  const beats = (a: Priced, b: Priced) =>
    a.quality >= b.quality && a.cost <= b.cost && (a.quality > b.quality || a.cost < b.cost);
  return all.filter((one) => !all.some((other) => beats(other, one))).sort((a, b) => a.cost - b.cost);
}
