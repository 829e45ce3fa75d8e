/** Where an axis begins and ends: at round numbers, and not so close that noise looks large. */

export interface Extent {
  readonly min: number;
  readonly max: number;
  /** Of its ticks. */
  readonly interval: number;
}

export interface ExtentOptions {
  /** The least that an axis spans. @default a tenth of the largest value where all are equal */
  readonly least?: number;
  /** What values cannot leave. */
  readonly within?: readonly [low: number, high: number];
}

/** Around some values. */
export function roundExtent(values: readonly number[], { least = 0, within }: ExtentOptions = {}): Extent {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const middle = (low + high) / 2;
  const half = Math.max(high - low, least, high > low ? 0 : Math.abs(high) / 10 || 1) / 2;
  const interval = roundStep(half / 2);
  const min = tick(Math.floor((middle - 1.08 * half) / interval), interval);
  const max = tick(Math.ceil((middle + 1.08 * half) / interval), interval);
  return { min: within ? Math.max(min, within[0]) : min, max: within ? Math.min(max, within[1]) : max, interval };
}

/** Without what a binary number adds: 0.6, not 0.6000000000000001. */
const tick = (count: number, interval: number): number => Number((count * interval).toPrecision(12));

/** 1, 2, 2.5 or 5 times a power of ten. */
function roundStep(rough: number): number {
  const unit = 10 ** Math.floor(Math.log10(rough));
  return unit * ([1, 2, 2.5, 5].find((step) => step * unit >= rough) ?? 10);
}
