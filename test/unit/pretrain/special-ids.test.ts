/** What masking reads from tokenizers of every kind. */
import { describe, expect, test } from "vitest";
import { maskingRules } from "../../../src/pretrain/special-ids.ts";

const options = { maskShare: 0.15, wholeWords: true };
const added = (...contents: [content: string, id: number][]) =>
  contents.map(([content, id]) => ({ content, id, special: true }));
const rulesOf = (definition: object, ends: number[], maskId: number | undefined) =>
  maskingRules(
    { definition, maskId, encode: () => ({ ids: Int32Array.from(ends), firstTokens: ends.length, truncated: false }) },
    "m",
    10,
    options,
  );

const kinds: readonly [name: string, definition: object, mask: number][] = [
  [
    "WordPiece",
    {
      added_tokens: added(["[CLS]", 0], ["[SEP]", 1], ["[MASK]", 2]),
      model: { type: "WordPiece", vocab: { "[CLS]": 0, "[SEP]": 1, "[MASK]": 2, un: 3, "##happy": 4 } },
    },
    2,
  ],
  [
    "byte-level BPE",
    {
      added_tokens: added(["<s>", 0], ["</s>", 1], ["<mask>", 5]),
      model: { type: "BPE", continuing_subword_prefix: "", vocab: { "<s>": 0, "</s>": 1, Ġun: 3, happy: 4 } },
    },
    5,
  ],
  [
    "Unigram",
    {
      added_tokens: added(["<s>", 0], ["</s>", 1], ["<mask>", 2]),
      model: { type: "Unigram", vocab: Object.entries({ "<s>": 0, "</s>": 0, "<mask>": 0, "▁un": -1, happy: -2 }) },
    },
    2,
  ],
];

describe.each(kinds)("%s", (_kind, definition, mask) => {
  const rules = rulesOf(definition, [0, 1], mask);
  test("its mask and the ends of a text, which are never masked", () => {
    expect(rules.maskId).toBe(mask);
    expect(rules.ends).toEqual({ opening: 0, closing: 1 });
    expect([0, 1, mask, 3, 4].map((id) => rules.isSpecial(id))).toEqual([true, true, true, false, false]);
  });

  test("pieces that go on with a word", () => {
    expect([3, 4].map((id) => rules.continues(id))).toEqual([false, true]);
  });
});

test("a tokenizer without a mask is refused", () => {
  const definition = { model: { type: "BPE", vocab: { a: 0 } } };
  expect(() => rulesOf(definition, [0, 1], undefined)).toThrow(
    "m/tokenizer.json: pre-training needs the tokens [MASK] or <mask>, one before a text like [CLS] and one after it like [SEP], which this tokenizer lacks",
  );
});
