import { expect, test } from "vitest";
import { noVirtualTokens, packBatch } from "../../../src/models/batch.ts";

const texts = [Int32Array.of(5, 6), new Int32Array(0), Int32Array.of(7)];

test("a text without any token is refused: the next text's would stand for it", () => {
  expect(() => packBatch(texts, { heads: 2 })).toThrow(
    "a text has no tokens: it is empty, and the tokenizer puts nothing like [CLS] around it; leave it out",
  );
});

test("with a prompt before it, the prompt stands for it", () => {
  const virtual = { ...noVirtualTokens, tokens: 2, pooled: "first" } as const;
  const { sizes, firstToken } = packBatch(texts, { heads: 2, virtual });
  expect(sizes).toEqual({ tokens: 9, batch: 3, length: 4 });
  expect([...firstToken]).toEqual([0, 4, 6]);
});
