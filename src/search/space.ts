/** Spaces of options: their values on a line from 0 to 1, on which samplers work. */
import type { Space, Value } from "./search-file.ts";

export type NumberSpace = Exclude<Space, { readonly kind: "choice" }>;

export const isWhole = ({ kind }: NumberSpace): boolean => kind === "integer" || kind === "log-integer";

const isLog = ({ kind }: NumberSpace): boolean => kind === "log-uniform" || kind === "log-integer";

/** Whether it has more than one value: a single one is how an option is held. */
export const hasChoice = (space: Space): boolean =>
  space.kind === "choice" ? space.values.length > 1 : space.from < space.to;

/** A whole number has the stretch of a half on both sides of it, so that the first and the last are as likely as others. */
function ends(space: NumberSpace): readonly [number, number] {
  const margin = isWhole(space) ? 0.5 : 0;
  const [from, to] = [space.from - margin, space.to + margin];
  return isLog(space) ? [Math.log(from), Math.log(to)] : [from, to];
}

/** Where a number stands between 0 and 1. */
export function placeOf(space: NumberSpace, value: number): number {
  const [from, to] = ends(space);
  return to === from ? 0.5 : ((isLog(space) ? Math.log(value) : value) - from) / (to - from);
}

/** The number at a place; of those that are not whole, three digits are kept, so that they can be written and read. */
export function numberAt(space: NumberSpace, place: number): number {
  const [from, to] = ends(space);
  const x = from + place * (to - from);
  const exact = isLog(space) ? Math.exp(x) : x;
  return within(space, isWhole(space) ? Math.round(exact) : Number(exact.toPrecision(3)));
}

/** The stretch of places that a whole number has. */
export const cellOf = (space: NumberSpace, value: number): readonly [number, number] => [
  placeOf(space, value - 0.5),
  placeOf(space, value + 0.5),
];

const within = ({ from, to }: NumberSpace, value: number): number => Math.min(to, Math.max(from, value));

/** The value of a space that is nearest to this one: its only one, or undefined where a choice has nothing like it. */
export function nearestIn(space: Space, value: unknown): Value | undefined {
  if (space.kind !== "choice") {
    if (typeof value !== "number") return undefined;
    return within(space, isWhole(space) ? Math.round(value) : value);
  }
  if (!hasChoice(space)) return space.values[0];
  if (typeof value !== "number") return space.values.find((one) => one === value);
  const numbers = space.values.filter((one) => typeof one === "number");
  return numbers.toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value))[0];
}

/** `1e-5..0.01`, `4,8,16`: as one writes it. */
export const spaceInWords = (space: Space): string =>
  space.kind === "choice" ? space.values.join(",") : `${space.from}..${space.to}`;
