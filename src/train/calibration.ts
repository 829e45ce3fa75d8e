/** Expected calibration error (Guo et al. 2017): how far a top label's probability is from how often it is right. */

export const CALIBRATION_BINS = 15;

/** The bin of a probability: of 15 equally wide ones, bin m holds m/15 < probability ≤ (m+1)/15. */
export const calibrationBin = (probability: number): number =>
  Math.max(0, Math.ceil(probability * CALIBRATION_BINS) - 1);
