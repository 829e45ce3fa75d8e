/** Odd texts by rules: what is listed, what is too usual to be, and why. */
import { expect, test } from "vitest";
import { findOdd } from "../../../src/audit/odd-texts.ts";
import { Examples } from "../../../src/tables/dataset.ts";
import { allOf, LabelledRows } from "../../../src/tables/labelled-rows.ts";

function odd(texts: readonly string[], usual = "an ordinary text") {
  const rows = new LabelledRows("row", 1, false);
  rows.beginFile((place) => `line ${place}`);
  const all = [...texts, ...Array.from({ length: 9 * texts.length + 10 }, () => usual)];
  for (const [place, text] of all.entries())
    rows.add({ texts: [text], labels: ["a"], place, id: undefined, group: undefined });
  const { odd: found, notes } = findOdd(new Examples(rows, allOf(rows), Int32Array.of(0)));
  return { found: found.map(({ text, kind }) => `${text} ${kind}`).sort(), notes };
}

test("each kind is found, and ordinary texts are not", () => {
  const texts = [
    "see <br> here",
    "https://example.org/a?b=c",
    "cafÃ© au lait",
    "what \ufffd is",
    "привет, мир",
    "  \t",
    "no",
    "R&D!",
    "5 < 6",
  ];
  expect(odd(texts)).toEqual({
    found: ["0 markup", "1 markup", "2 markup", "3 markup", "4 language", "5 empty"],
    notes: [],
  });
});

test("an address among words is no fault, and a borrowed word is no other script", () => {
  expect(odd(["read https://example.org first", "the word привет is Russian"]).found).toEqual([]);
});

test("what many texts have is said and not listed", () => {
  expect(odd(["plain"], "great film<br />").found).toEqual([]);
  expect(odd(["plain"], "great film<br />").notes).toEqual([
    "It has markup of web pages: so 19 of 20 texts, too many to list.",
  ]);
});

test("Chinese characters alone are usual among Japanese texts", () => {
  expect(odd(["東京都", "hello"], "これは普通の文です").found).toEqual(["1 language"]);
});
