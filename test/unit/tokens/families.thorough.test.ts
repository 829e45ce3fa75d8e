/** A tokenizer of every kind over characters of every class and over 20,000 real texts: the ids that Python makes. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Text } from "../../../src/tables/dataset.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/tokens/tokenizer.ts";
import { everyKind } from "./every-kind.ts";
import { unicodeTexts } from "./unicode-texts.ts";

const emotion = fileURLToPath(new URL("../../../../shared/data/dair-ai/emotion", import.meta.url));
const sumOf = (tokenizer: Tokenizer, texts: Iterable<Text>): string => {
  const hash = createHash("sha256");
  for (const text of texts) {
    const { ids } = tokenizer.encode(text, 1_000_000);
    hash.update(Int32Array.of(ids.length)).update(ids);
  }
  return hash.digest("hex");
};

describe.each(everyKind().kinds)("$kind", ({ expected, folder, tokenizer }) => {
  // Lower case is the engine's own, and the sums were made with Unicode 17.
  const knows = Number(process.versions.unicode) >= 17;
  test.skipIf(!knows)("control, format, private, combining, CJK characters and emoji (needs Unicode 17)", () => {
    expect(sumOf(tokenizer, unicodeTexts())).toBe(expected.unicode);
  });

  test.skipIf(!knows || !expected.transformers5)("as Transformers 5 has it, where that is asked for", () => {
    const { ids, types } = expected.transformers5!;
    const configFile = join(folder, "tokenizer_config.json");
    const config = readFileSync(configFile, "utf8");
    writeFileSync(configFile, JSON.stringify({ ...JSON.parse(config), attune_tokenizer: "transformers-5" }));
    const five = loadTokenizer(folder);
    writeFileSync(configFile, config);
    const texts = [...expected.texts.map(([text]) => text), ...unicodeTexts()];
    expect(
      sumOf(
        five,
        texts.filter((text) => !/mask/i.test(text)),
      ),
    ).toBe(ids);
    const pair = five.encode(["the cat", "a dog"], 99);
    // Without types from Python the model's are zeros.
    expect(Array.from(pair.ids, (_, i) => (i < pair.firstTokens ? 0 : 1))).toEqual(types ?? [...pair.ids].fill(0));
  });

  test.skipIf(!existsSync(emotion))("20,000 texts (needs ../shared; skipped without)", async () => {
    const { splits } = await loadDataset({ path: emotion, seed: 0, sharedTexts: "keep" });
    const texts = [...splits.train, ...splits.validation, ...splits.test].map(({ text }) => text);
    expect(sumOf(tokenizer, texts)).toBe(expected.emotion);
  });
});
