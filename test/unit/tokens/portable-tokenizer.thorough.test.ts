import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { portable } from "../../../src/tokens/portable-tokenizer.ts";
import { fixtures } from "../tables/scratch.ts";

const sums: Record<string, string> = JSON.parse(readFileSync(join(fixtures, "portable.json"), "utf8"));
// As make_portable.py has them.
const texts = Array.from({ length: 0x10ffff }, (_, i) => i + 1)
  .filter((code) => !(code >= 0xd800 && code < 0xe000) && (code < 0x10000 || code % 61 === 0))
  .map((code) => String.fromCodePoint(code))
  .map((c) => `un${c}aff ca${c} ${c}t`);

// Lower case is the engine's own, and the sums were made with Unicode 17.
const engineKnows = Number(process.versions.unicode) >= 17;

const definitions = Object.entries(sums).map(([name, sum]) => {
  const definition = JSON.parse(readFileSync(join(fixtures, "tokenizer", name, "tokenizer.json"), "utf8"));
  return { name, sum, definition, isLowercase: definition.normalizer.lowercase as boolean };
});

describe("JavaScript's tokenizers give the ids of Rust's for every character", () => {
  for (const { name, sum, definition, isLowercase } of definitions)
    test.skipIf(isLowercase && !engineKnows)(`${name} (lower case needs an engine with Unicode 17)`, () => {
      const tokenizer = new Tokenizer(portable(definition), {});
      const hash = createHash("sha256");
      hash.update(texts.map((text) => tokenizer.encode(text).ids.join()).join("\n"));
      expect(hash.digest("hex")).toBe(sum);
    });
});

test("control, format and private characters vanish, whatever Unicode the engine knows", () => {
  const definition = JSON.parse(readFileSync(join(fixtures, "tokenizer/uncased/tokenizer.json"), "utf8"));
  const tokenizer = new Tokenizer(portable(definition), {});
  const plain = tokenizer.encode("cat dog").ids;
  for (const c of [
    "\u0000",
    "\u0008",
    "\u007f",
    "\u00ad",
    "\u061c",
    "\u200b",
    "\u200e",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ue000",
    "\uf8ff",
    "\u{e0001}",
    "\u{100000}",
  ])
    expect([c.codePointAt(0), tokenizer.encode(`ca${c}t ${c}dog`).ids]).toEqual([c.codePointAt(0), plain]);
});
