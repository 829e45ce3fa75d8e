/** The nearest of several names, for "did you mean": by letters to insert, delete or replace. */

/** The name in `known` that differs least from `name`, or undefined if all differ in more than half of it. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, name.length / 2) ? best.candidate : undefined;
}

/** "did you mean …?" where one of `known` is near, spelt as errors spell it; `otherwise` where none is. */
export function didYouMean(
  name: string,
  known: readonly string[],
  otherwise: string,
  spell: (name: string) => string = (meant) => `"${meant}"`,
): string {
  const meant = nearest(name, known);
  return meant === undefined ? otherwise : `did you mean ${spell(meant)}?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
