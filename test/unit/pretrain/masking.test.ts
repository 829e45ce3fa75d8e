import { describe, expect, test } from "vitest";
import { randomKey } from "../../../src/base/random.ts";
import { type MaskingRules, maskText } from "../../../src/pretrain/masking.ts";

const MASK = 4;
const VOCABULARY = 1000;
const rules: MaskingRules = {
  share: 0.15,
  wholeWords: false,
  maskId: MASK,
  vocabularySize: VOCABULARY,
  isSpecial: (id) => id < 5,
  // Odd ids go on with the word before.
  continues: (id) => id % 2 === 1,
};
const text = Int32Array.from({ length: 20_000 }, (_, i) => (i % 100 === 0 ? 2 : i % 100 === 99 ? 3 : 10 + (i % 7)));

describe("masking", () => {
  const { ids, places, labels } = maskText(text, randomKey(1, "mask", 0), rules);
  const shareOf = (count: number) => count / places.length;

  test("chooses about the given share of the tokens, and none that is special", () => {
    // 19,600 tokens: three standard deviations of their share are 0.0077.
    expect(Math.abs(places.length / 19_600 - 0.15)).toBeLessThan(0.0077);
    expect(places.every((place) => text[place]! >= 5)).toBe(true);
    expect(labels).toEqual(places.map((place) => text[place]));
  });

  test("shows 80 % as [MASK], 10 % as another token, 10 % as they are", () => {
    // About 2,940 places: three standard deviations are 0.023 and 0.017.
    expect(Math.abs(shareOf(places.filter((p) => ids[p] === MASK).length) - 0.8)).toBeLessThan(0.023);
    expect(Math.abs(shareOf(places.filter((p) => ids[p] === text[p]).length) - 0.1)).toBeLessThan(0.017);
    const others = places.map((p) => ids[p]!).filter((id, i) => id !== MASK && id !== labels[i]);
    expect(Math.max(...others)).toBeGreaterThan(0.9 * VOCABULARY);
    expect(Math.min(...others)).toBeLessThan(0.1 * VOCABULARY);
  });

  test("leaves every other token alone", () => {
    const chosen = new Set(places);
    expect(ids.every((id, place) => chosen.has(place) || id === text[place])).toBe(true);
  });

  test("depends on the key only", () => {
    expect(maskText(text, randomKey(1, "mask", 0), rules).places).toEqual(places);
    expect(maskText(text, randomKey(1, "mask", 1), rules).places).not.toEqual(places);
  });

  test("takes all pieces of a word or none, where it is told to", () => {
    const word = Int32Array.from([2, 10, 11, 13, 20, 22, 23, 3]);
    const words = [[1, 2, 3], [4], [5, 6]];
    const seen = new Set<string>();
    for (let draw = 0; draw < 200; draw++) {
      const masked = maskText(word, randomKey(1, "mask", draw), { ...rules, share: 0.4, wholeWords: true });
      expect(words.filter((own) => own.some((place) => masked.places.includes(place))).flat()).toEqual(masked.places);
      seen.add(masked.places.join());
    }
    expect(seen.size).toBe(7);
  });

  test("always chooses something", () => {
    const short = Int32Array.from([2, 10, 12, 3]);
    for (let draw = 0; draw < 50; draw++)
      expect(maskText(short, randomKey(1, "mask", draw), { ...rules, share: 0.01 }).places).toHaveLength(1);
  });
});
