/** Sentences that the page and the terminal share. */
import type { LearningCurve } from "./audit-result.ts";

const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

/** "Twice the texts would bring about +1.2 points (95 % interval +0.4 to +2.0)." */
export const curveSentence = ({ gain: { estimate, low, high } }: LearningCurve): string =>
  `Twice the texts would bring about ${points(estimate)} points of accuracy (95 % interval ${points(low)} to ${points(high)}).`;
