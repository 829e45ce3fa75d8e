/** SentencePiece's character map, text by text as Python's tokenizers apply it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { charsmapNormalizer } from "../../../src/tokens/charsmap.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";

const fixture = join(import.meta.dirname, "../../fixtures/charsmap.json.gz");
const { charsmap, texts, normalized } = JSON.parse(gunzipSync(readFileSync(fixture)).toString()) as {
  charsmap: string;
  texts: string[];
  normalized: string[];
};
const folder = mkdtempSync(join(tmpdir(), "attune-charsmap-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("every text becomes what Python makes of it", () => {
  expect(texts.length).toBeGreaterThan(5000);
  expect(texts.map(charsmapNormalizer(charsmap))).toEqual(normalized);
});

test("half a character is the replacement character", () => {
  expect(charsmapNormalizer(charsmap)("a\ud800b")).toBe(charsmapNormalizer(charsmap)("a\ufffdb"));
});

test("a damaged map is refused", () => {
  for (const damaged of ["", "AAAA", charsmap.slice(0, 400)])
    expect(() => charsmapNormalizer(damaged)).toThrow("its charsmap is damaged");
});

test("a tokenizer with the map uses it, also within a sequence: in Python, a second mark is lost", () => {
  const map = { type: "Precompiled", precompiled_charsmap: charsmap };
  for (const normalizer of [map, { type: "Sequence", normalizers: [map] }]) {
    const vocab = ["<unk>", "a", "b", "\u00e9"].map((piece) => [piece, -1]);
    const model = { type: "Unigram", unk_id: 0, vocab };
    writeFileSync(
      join(folder, "tokenizer.json"),
      JSON.stringify({ model, normalizer, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] }),
    );
    expect([...loadTokenizer(folder).encode("ae\u0301\u0323b", 9).ids]).toEqual([1, 3, 2]);
  }
});
