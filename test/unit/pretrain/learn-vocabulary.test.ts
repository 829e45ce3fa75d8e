import { describe, expect, test } from "vitest";
import { learnVocabulary, SPECIAL_TOKENS } from "../../../src/pretrain/learn-vocabulary.ts";
import { countWords } from "../../../src/pretrain/new-tokenizer.ts";

const counts = new Map([
  ["low", 5],
  ["lower", 2],
  ["newest", 6],
  ["widest", 3],
]);

describe("a vocabulary learnt from words", () => {
  test("joins the pairs that occur most often, as in the example of Sennrich et al. 2016", () => {
    const vocabulary = learnVocabulary(counts, 5 + 14 + 6);
    const alphabet = ["##d", "##e", "##i", "##o", "##r", "##s", "##t", "##w", "l", "n", "w"];
    expect(vocabulary.slice(0, 5)).toEqual([...SPECIAL_TOKENS]);
    // ##r and ##d occur twice and three times; what is rarer than three times is unknown, so "lower" is not learnt from.
    expect(vocabulary.slice(5)).toEqual([
      ...alphabet.filter((piece) => piece !== "##r"),
      // 9 times es, then est; 6 times each ew, then those that grow from it; ties by name.
      ...["##es", "##est", "##ew", "##ewest", "newest", "##ow", "low", "##dest", "##idest", "widest"].slice(0, 10),
    ]);
  });

  test("stops where nothing occurs twice, or where it has enough", () => {
    expect(learnVocabulary(counts, 1000)).toHaveLength(5 + 10 + 10);
    expect(learnVocabulary(counts, 17)).toHaveLength(17);
  });

  test("does not depend on the order of the words", () => {
    const reversed = new Map([...counts].reverse());
    expect(learnVocabulary(reversed, 20)).toEqual(learnVocabulary(counts, 20));
  });

  test("needs room for the characters", () => {
    expect(() => learnVocabulary(counts, 10)).toThrow(
      "the text has 10 different characters, so a vocabulary of 10 pieces is too small; raise vocab",
    );
  });

  test("counts words as BERT parts them", () => {
    expect([...countWords(["Don't stop, Zoë!", "stop"])]).toEqual([
      ["don", 1],
      ["'", 1],
      ["t", 1],
      ["stop", 2],
      [",", 1],
      ["zoe", 1],
      ["!", 1],
    ]);
  });
});
