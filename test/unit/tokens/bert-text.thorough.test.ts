import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type BertNormalizerOptions, bertNormalize, bertWords } from "../../../src/tokens/bert-text.ts";

interface Sum {
  readonly name: string;
  readonly options: BertNormalizerOptions;
  readonly sha256: string;
}

const sums: Sum[] = JSON.parse(readFileSync(new URL("../../fixtures/bert-unicode.json", import.meta.url), "utf8"));

// Lower case is the engine's own, and the sums were made with Unicode 17.
const engineKnows = Number(process.versions.unicode) >= 17;

/** The sum over what is made of all code points. */
function sumOf(options: BertNormalizerOptions): string {
  const characters: string[] = [];
  for (let code = 0; code < 0x110000; code++)
    if (code < 0xd800 || code >= 0xe000) characters.push(String.fromCodePoint(code));
  const hash = createHash("sha256");
  for (let start = 0; start < characters.length; start += 64) {
    const chunk = characters.slice(start, start + 64);
    for (const text of [chunk.map((c) => `a${c}b`).join(""), `a${chunk.join("")}`]) {
      const normal = bertNormalize(text, options);
      hash.update([normal, ...bertWords(normal), ""].join("\n"));
    }
  }
  return hash.digest("hex");
}

describe("every Unicode character is prepared as Hugging Face's tokenizers do it", () => {
  for (const { name, options, sha256 } of sums)
    test.skipIf(options.lowercase && !engineKnows)(`${name} (lower case needs an engine with Unicode 17)`, () => {
      expect(sumOf(options)).toBe(sha256);
    });
});

test("half a character counts as the replacement character", () => {
  expect(bertNormalize("a\ud83d b", {})).toBe("a b");
  expect(bertNormalize("a\ud83d b", { clean_text: false })).toBe("a\ufffd b");
});

test("Σ becomes σ everywhere in a word", () => {
  expect(bertNormalize("ΟΔΟΣ", {})).toBe("οδοσ");
});
