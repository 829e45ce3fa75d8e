/** Yes-or-no outcomes in the order of the scores that foretold them: numbers from 0 on. */

export interface ScoreStep {
  /** Of all those counted here and in no step before. */
  readonly score: number;
  /** How many have this score or a higher one, and how many of them are 1. */
  readonly count: number;
  readonly positives: number;
}

/** One step for each score that occurs, the highest first. */
export function* stepsByScore(scores: ArrayLike<number>, outcomes: ArrayLike<number>): Generator<ScoreStep> {
  // Typed arrays sort fast by themselves, which one of pairs would not.
  const [zeros, ones] = [0, 1].map((outcome) =>
    Float64Array.from(scores)
      .filter((_, i) => outcomes[i] === outcome)
      .sort(),
  ) as [Float64Array, Float64Array];
  let [zero, one] = [zeros.length, ones.length];
  while (zero + one > 0) {
    const score = Math.max(zeros[zero - 1] ?? 0, ones[one - 1] ?? 0);
    while (zeros[zero - 1] === score) zero--;
    while (ones[one - 1] === score) one--;
    yield { score, count: scores.length - zero - one, positives: ones.length - one };
  }
}
