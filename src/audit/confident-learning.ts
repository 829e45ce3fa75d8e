/**
 * Confident learning: which labels are probably wrong, from probabilities by models that have not seen the texts (Northcutt et
 * al. 2021, https://arxiv.org/abs/1911.00068). The same numbers as cleanlab's.
 */

/** Probabilities [texts, classes] and the class that each text is given. */
export interface Judged {
  readonly probabilities: Float32Array | Float64Array;
  readonly given: ArrayLike<number>;
  readonly classes: number;
}

/** How close is equal: differences of sums in another order. */
const CLOSE = 1e-6;
/** Higher than any probability: of a class without texts. */
const NEVER = 2;

/** For each class the mean probability of it over the texts that have it. */
export function confidentThresholds({ probabilities, given, classes }: Judged): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let text = 0; text < given.length; text++) {
    const label = given[text]!;
    sums[label]! += probabilities[text * classes + label]!;
    counts[label]!++;
  }
  return sums.map((sum, k) => (counts[k] === 0 ? NEVER : Math.max(sum / counts[k]!, 2 * CLOSE)));
}

/** The class that a text confidently is, or -1: of several above their thresholds the most probable of all. */
export function confidentClass({ probabilities, classes }: Judged, thresholds: Float64Array, text: number): number {
  const row = probabilities.subarray(text * classes, (text + 1) * classes);
  let [found, count, top] = [-1, 0, 0];
  for (let k = 0; k < classes; k++) {
    if (row[k]! > row[top]!) top = k;
    if (row[k]! < thresholds[k]! - CLOSE) continue;
    if (count++ === 0) found = k;
  }
  return count > 1 ? top : found;
}

export interface ConfidentJoint {
  /** [given, right]: texts that confidently are of a class; at least one for each class as it is given. */
  readonly counts: readonly (readonly number[])[];
  /** Texts beside the diagonal, in order. */
  readonly off: readonly number[];
}

export function confidentJoint(judged: Judged, thresholds = confidentThresholds(judged)): ConfidentJoint {
  const counts = Array.from({ length: judged.classes }, () => new Array<number>(judged.classes).fill(0));
  const off: number[] = [];
  for (let text = 0; text < judged.given.length; text++) {
    const right = confidentClass(judged, thresholds, text);
    if (right < 0) continue;
    counts[judged.given[text]!]![right]!++;
    if (right !== judged.given[text]) off.push(text);
  }
  for (const [k, row] of counts.entries()) row[k] = Math.max(row[k]!, 1);
  return { counts, off };
}

/**
 * The joint of given and right classes in texts: each row in proportion to the confident joint, with as many texts as are given
 * that class, in whole numbers.
 */
export function calibratedJoint(counts: ConfidentJoint["counts"], given: ArrayLike<number>): number[][] {
  const texts = new Array<number>(counts.length).fill(0);
  for (let i = 0; i < given.length; i++) texts[given[i]!]!++;
  return counts.map((row, k) => {
    const total = row.reduce((a, b) => a + b, 0);
    return roundedWithSum(row.map((count) => (count * texts[k]!) / total));
  });
}

/** Rounded to whole numbers that have the same sum: those that are rounded furthest give way. */
function roundedWithSum(values: readonly number[]): number[] {
  const rounded = values.map(roundedHalfEven);
  const sum = (numbers: readonly number[]) => Math.round(numbers.reduce((a, b) => a + b, 0));
  const lacking = sum(values) - sum(rounded);
  const step = Math.sign(lacking);
  const tooLow = (place: number) => values[place]! - rounded[place]!;
  const order = [...values.keys()].sort((a, b) => tooLow(a) - tooLow(b));
  if (step > 0) order.reverse();
  for (const place of order.slice(0, Math.abs(lacking))) rounded[place]! += step;
  return rounded;
}

/** As numpy rounds: a half goes to the even neighbour. */
const roundedHalfEven = (value: number): number => {
  const whole = Math.round(value);
  return whole - value === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
};

/** The probability of the given class: the lower, the more probably it is wrong. */
export const selfConfidence = ({ probabilities, given, classes }: Judged, text: number): number =>
  probabilities[text * classes + given[text]!]!;

/** From 0 to 1: half the lead of the given class over the most probable other one, plus a half. */
export function normalizedMargin(judged: Judged, text: number): number {
  const { probabilities, classes } = judged;
  const other = likeliestOther(judged, text);
  return (selfConfidence(judged, text) - probabilities[text * classes + other]! + 1) / 2;
}

/** The most probable class other than the given one. */
export function likeliestOther({ probabilities, given, classes }: Judged, text: number): number {
  let best = -1;
  for (let k = 0; k < classes; k++)
    if (k !== given[text] && (best < 0 || probabilities[text * classes + k]! > probabilities[text * classes + best]!))
      best = k;
  return best;
}

/** Whether another class is more probable than the given one. */
const isBeaten = (judged: Judged, text: number): boolean => {
  const { probabilities, classes } = judged;
  return probabilities[text * classes + likeliestOther(judged, text)]! > selfConfidence(judged, text) + CLOSE;
};

/**
 * Texts whose label is probably wrong, the surest first. Confident learning says how many: those beside the diagonal to which
 * another class is more probable. Which ones, the probability of the given class says: by as much it finds more of labels that
 * were changed than the diagonal itself (docs/audit.md).
 */
export function wronglyLabelled(judged: Judged, { off }: ConfidentJoint): number[] {
  const count = off.filter((text) => isBeaten(judged, text)).length;
  const confidence = Float64Array.from({ length: judged.given.length }, (_, text) => selfConfidence(judged, text));
  const order = [...confidence.keys()].sort((a, b) => confidence[a]! - confidence[b]! || a - b);
  return order.slice(0, count).filter((text) => isBeaten(judged, text));
}
