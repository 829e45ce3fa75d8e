/**
 * Counter-based randomness: every number is a pure function of (seed, purpose, keys, index). Nothing is advanced, so
 * the order of work, the number of threads and an interruption cannot change what is drawn.
 */

/** A bijective 32-bit mixer (the constants of Wellons' "lowbias32"): every input bit reaches every output bit. */
export function mix32(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** Odd constant nearest to 2^32 / golden ratio: spreads consecutive counters over the whole range. */
export const GOLDEN = 0x9e3779b1;

/** What a number is drawn for; two purposes never share numbers. */
export type Purpose =
  | "shuffle"
  | "split"
  | "fold"
  | "initialise"
  | "dropout"
  | "mask"
  | "bootstrap"
  | "sample"
  | "limit"
  | "search";

/** A key for `uint32`: the seed and purpose, then any further coordinates such as step and site. */
export function randomKey(seed: number, purpose: Purpose, ...coordinates: readonly (number | string)[]): number {
  let key = mix32(seed >>> 0);
  for (const part of [purpose, ...coordinates]) {
    // Strings are folded in letter by letter; the length keeps ("ab","c") and ("a","bc") apart.
    const numbers =
      typeof part === "number" ? [part >>> 0] : [part.length, ...Array.from(part, (c) => c.codePointAt(0)!)];
    for (const n of numbers) key = mix32(key ^ Math.imul(n + 1, GOLDEN));
  }
  return key;
}

/** The `index`-th 32-bit number under `key`. */
export function uint32(key: number, index: number): number {
  return mix32(mix32(Math.imul(index + 1, GOLDEN) ^ key) + key);
}

/** The `index`-th number in (0, 1) under `key`, with 53 random bits. */
export function uniform(key: number, index: number): number {
  const high = uint32(key, 2 * index) >>> 5; // 27 bits
  const low = uint32(key, 2 * index + 1) >>> 6; // 26 bits
  return (high * 0x4000000 + low + 0.5) / 0x20000000000000;
}

/** The `index`-th draw from the standard normal distribution under `key` (Box–Muller, cosine branch). */
export function normal(key: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniform(key, 2 * index)));
  return radius * Math.cos(2 * Math.PI * uniform(key, 2 * index + 1));
}

/** Fills an array from the normal distribution with mean 0. */
export function fillNormal(array: Float32Array, key: number, deviation = 1): void {
  for (let i = 0; i < array.length; i++) array[i] = deviation * normal(key, i);
}

/** Fills an array with normal numbers of that deviation that are at most `cutoff` deviations from 0; others are drawn again. */
export function fillCutNormal(array: Float32Array, key: number, deviation: number, cutoff: number): void {
  for (let i = 0, draw = 0; i < array.length; draw++) {
    const value = normal(key, draw);
    if (Math.abs(value) <= cutoff) array[i++] = deviation * value;
  }
}

/** Fills the weight of a linear layer with so many inputs as PyTorch begins: evenly in ±1/√inputs (Kaiming with a = √5). */
export function fillKaiming(array: Float32Array, key: number, inputs: number): void {
  for (let i = 0; i < array.length; i++) array[i] = (2 * uniform(key, i) - 1) / Math.sqrt(inputs);
}

/** The numbers 0 … count-1 in an order that depends on `key` only (Fisher–Yates, bias below 2^-20 for a million). */
export function permutation(key: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform(key, i) * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
