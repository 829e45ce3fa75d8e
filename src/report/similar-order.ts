/** Labels in an order in which those that are taken for each other stand side by side. */

/**
 * Average linkage over how often two labels are confused, either way, as shares of their texts: the closest two groups are
 * joined until one is left, each pair with the ends side by side that are closer. `counts` are [true label][answer].
 */
export function similarOrder(counts: readonly (readonly number[])[]): number[] {
  const totals = counts.map((row) => row.reduce((a, b) => a + b, 0) || 1);
  const between = (i: number, j: number) => counts[i]![j]! / totals[i]! + counts[j]![i]! / totals[j]!;
  let groups = counts.map((_, i) => [i]);
  // Sums over pairs of their members, so that joining two groups adds two rows.
  let sums = counts.map((_, i) => counts.map((_, j) => (i === j ? 0 : between(i, j))));
  while (groups.length > 1) {
    let [a, b, closest] = [0, 1, -1];
    for (let i = 0; i < groups.length; i++)
      for (let j = i + 1; j < groups.length; j++) {
        const mean = sums[i]![j]! / (groups[i]!.length * groups[j]!.length);
        if (mean > closest) [a, b, closest] = [i, j, mean];
      }
    const kept = groups.map((_, i) => i).filter((i) => i !== b);
    const joined = sums[a]!.map((sum, j) => sum + sums[b]![j]!);
    groups[a] = endToEnd(groups[a]!, groups[b]!, between);
    sums = kept.map((i) => kept.map((j) => (i === j ? 0 : i === a ? joined[j]! : j === a ? joined[i]! : sums[i]![j]!)));
    groups = kept.map((i) => groups[i]!);
  }
  return groups[0] ?? [];
}

/** Either may be turned round. */
function endToEnd(first: readonly number[], second: readonly number[], between: (i: number, j: number) => number) {
  const ways = [first, first.toReversed()].flatMap((left) =>
    [second, second.toReversed()].map((right) => ({ all: [...left, ...right], met: between(left.at(-1)!, right[0]!) })),
  );
  return ways.reduce((best, way) => (way.met > best.met ? way : best)).all;
}
