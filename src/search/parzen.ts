/**
 * How likely each value of an option is, by values that were seen: of numbers, a mixture of the even distribution and a normal
 * one around each of them; of choices, their counts with one more for each (Bergstra et al. 2011, section 4.2).
 */
import { normal, uniform } from "../base/random.ts";
import type { Space, Value } from "./search-file.ts";
import { cellOf, isWhole, type NumberSpace, numberAt, placeOf } from "./space.ts";

export interface Estimate {
  draw(key: number): Value;
  /** Of a number that is not whole the density on its line from 0 to 1, else the probability. */
  density(value: Value): number;
}

export const estimateOf = (space: Space, seen: readonly Value[]): Estimate =>
  space.kind === "choice" ? countsOf(space.values, seen) : mixtureOf(space, seen as readonly number[]);

function countsOf(values: readonly Value[], seen: readonly Value[]): Estimate {
  const shares = values.map(
    (value) => (1 + seen.filter((one) => one === value).length) / (values.length + seen.length),
  );
  return {
    draw: (key) => {
      let left = uniform(key, 0);
      return values.find((_, i) => (left -= shares[i]!) < 0) ?? values.at(-1)!;
    },
    density: (value) => shares[values.indexOf(value)]!,
  };
}

/** A normal distribution of which what lies outside of 0 to 1 is cut off; `inside` is the share that does not. */
interface Bump {
  readonly mean: number;
  readonly deviation: number;
  readonly inside: number;
}

function mixtureOf(space: NumberSpace, seen: readonly number[]): Estimate {
  const bumps = bumpsAt(seen.map((value) => placeOf(space, value)));
  const parts = bumps.length + 1;
  const densityAt = (x: number) =>
    (1 + sum(bumps, ({ mean, deviation, inside }) => bell((x - mean) / deviation) / (deviation * inside))) / parts;
  const massOf = ([a, b]: readonly [number, number]) => (b - a + sum(bumps, (bump) => between(bump, a, b))) / parts;
  return {
    draw: (key) => {
      const bump = bumps[Math.floor(uniform(key, 0) * parts) - 1];
      if (!bump) return numberAt(space, uniform(key, 1));
      // Both numbers behind one of `normal` are its own: the first of them have been used.
      for (let i = 1; ; i++) {
        const place = bump.mean + bump.deviation * normal(key, i);
        if (place >= 0 && place <= 1) return numberAt(space, place);
      }
    },
    density: (value) =>
      isWhole(space) ? massOf(cellOf(space, value as number)) : densityAt(placeOf(space, value as number)),
  };
}

/** As wide as the greater distance to a neighbour, of which the ends of the line are two, and not arbitrarily narrow. */
function bumpsAt(places: readonly number[]): Bump[] {
  const sorted = places.toSorted((a, b) => a - b);
  const narrowest = 1 / Math.min(100, sorted.length + 1);
  return sorted.map((mean, i) => {
    const widest = Math.max(mean - (sorted[i - 1] ?? 0), (sorted[i + 1] ?? 1) - mean);
    const deviation = Math.max(narrowest, widest);
    return { mean, deviation, inside: normalShare((1 - mean) / deviation) - normalShare(-mean / deviation) };
  });
}

const between = ({ mean, deviation, inside }: Bump, a: number, b: number): number =>
  (normalShare((b - mean) / deviation) - normalShare((a - mean) / deviation)) / inside;

const bell = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

/** The share of the standard normal distribution below z, within 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = bell(z) * polynomial;
  return z > 0 ? 1 - above : above;
}

const sum = (bumps: readonly Bump[], of: (bump: Bump) => number): number =>
  bumps.reduce((total, bump) => total + of(bump), 0);
