import { describe, expect, test } from "vitest";
import { describeData, describeTexts } from "../../../src/inspection/describe.ts";
import { languageOf, oddKindsIn } from "../../../src/inspection/text-traits.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();

const FILES = {
  "train.csv": 'text,label\none two,a\none two,b\n"three, four five",a\n,b\nin test,a\nin validation,a\n&amp; it,a',
  "validation.csv": "text,label\nin validation,a\nin test,b",
  "test.csv": "text,label\nin test,a\nother text,b\nother text,b\nmore,a",
};
const load = (sharedTexts: "once" | "keep") => loadDataset({ path: folder(FILES), seed: 1, sharedTexts });

test("counts, repeated and contradicting texts, lengths and the simplest guess", async () => {
  const found = describeTexts(await load("keep"));
  expect(found.texts).toEqual({ train: 7, validation: 2, test: 4 });
  expect(found.counts).toEqual({ train: [5, 2], validation: [1, 1], test: [2, 2] });
  expect(found.words).toEqual({ median: 2, p95: 3, longest: 3 });
  expect(found.empty).toBe(1);
  expect(found.duplicates).toEqual({
    within: { train: 1, validation: 0, test: 1 },
    trainTest: 1,
    trainValidation: 2,
    validationTest: 1,
    contradictions: 2,
  });
  expect(found.contradicting).toEqual([
    { text: "one two", labels: ["a", "b"] },
    { text: "in test", labels: ["a", "b"] },
  ]);
  expect(found.majorityAccuracy).toBe(0.5);
  expect(found.traits.texts).toBe(13);
  expect(found.traits.odd).toEqual({ html: 1 });
});

test("what training sees has no text in two splits", async () => {
  const { texts, duplicates } = describeTexts(await load("once"));
  expect(texts).toEqual({ train: 5, validation: 1, test: 4 });
  expect(duplicates).toMatchObject({ trainTest: 0, trainValidation: 0, validationTest: 0, contradictions: 1 });
});

test("tokens, and the share that is cut", async () => {
  const tokenizer = {
    encode: (text: unknown) => ({ ids: new Int32Array(String(text).length), firstTokens: 0, truncated: false }),
  };
  const { tokens, cutShare } = describeData(await load("keep"), tokenizer, 7);
  expect(tokens).toEqual({ median: 7, p95: 16, longest: 16 });
  expect(cutShare).toBeCloseTo(6 / 13, 12);
});

test("texts with any number of labels count for each; a set of labels is the simplest guess", async () => {
  const path = folder({
    "train.csv": "text,label\nr1,x|y\nr2,x|y\nr3,x\nr4,",
    "validation.csv": "text,label\nv,y",
    "test.csv": "text,label\nt1,x|y\nt2,x\nt3,x|y",
  });
  const found = describeTexts(await loadDataset({ path, seed: 1, multiLabel: true }));
  expect(found.counts.train).toEqual([3, 2]);
  expect(found.majorityAccuracy).toBeCloseTo(2 / 3, 12);
});

describe("odd characters", () => {
  test.each([
    ["plain text, 100 % — “fine” 🙂\n\tnew line", []],
    ["a\u0000b", ["control"]],
    ["a\u0085b", ["control"]],
    ["caf\ufffd", ["replacement"]],
    ["cafÃ©", ["wronglyDecoded"]],
    ["itâ€™s", ["wronglyDecoded"]],
    ["São Ângela", []],
    ["a\u200bb", ["invisible"]],
    ["fish &amp; chips", ["html"]],
    ["one<br />two", ["html"]],
    ["a < b & c > d", []],
  ])("%j", (text, kinds) => {
    expect(oddKindsIn(text)).toEqual(kinds);
  });
});

test.each([
  ["i was not sure what to do with the cat", "English"],
  ["ich habe das nicht gewusst und der Hund auch nicht", "German"],
  ["je ne sais pas ce que vous avez dans la tête", "French"],
  ["no me gusta que los días se hagan más largos", "Spanish"],
  ["non so che cosa sono gli altri", "Italian"],
  ["não sei o que você está a fazer com isso", "Portuguese"],
  ["ik heb het niet gezien maar het was er wel", "Dutch"],
  ["good", "Latin script"],
  ["я не знаю", "Cyrillic script"],
  ["これは猫です", "Japanese"],
  ["这是一只猫", "Chinese"],
  ["고양이입니다", "Korean"],
  ["لا أعرف", "Arabic script"],
  ["123 !", "none"],
])("%s: %s", (text, language) => {
  expect(languageOf(text)).toBe(language);
});
