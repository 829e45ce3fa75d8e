/** A tokenizer of every kind, from the files that its family's repositories have: ids, types and cuts as Python makes them. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Text } from "../../../src/tables/dataset.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/tokens/tokenizer.ts";
import { writeFiles } from "../../../src/tokens/tokenizer-files.ts";
import { tokenizerFolder } from "../../tokenizer-folder.ts";
import { randomTexts, unicodeTexts } from "./unicode-texts.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/tokenizers/", import.meta.url));
const emotion = fileURLToPath(new URL("../../../../shared/data/dair-ai/emotion", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "attune-families-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const MANY = 1_000_000;

type Ids = readonly number[];

/** See make_tokenizers.py. */
interface Expected {
  readonly texts: readonly (readonly [text: string, ids: Ids])[];
  readonly pairs: readonly (readonly [string, string, Ids, Ids, Readonly<Record<string, readonly [Ids, Ids]>>])[];
  readonly unicode: string;
  readonly emotion: string;
}

const kinds = readdirSync(fixtures).sort();
const opened = kinds.map((kind) => {
  const folder = tokenizerFolder(kind, join(scratch, kind));
  const expected: Expected = JSON.parse(readFileSync(join(fixtures, kind, "expected.json"), "utf8"));
  return { kind, folder, expected, tokenizer: loadTokenizer(folder) };
});
const sumOf = (tokenizer: Tokenizer, texts: Iterable<Text>): string => {
  const hash = createHash("sha256");
  for (const text of texts) {
    const { ids } = tokenizer.encode(text, MANY);
    hash.update(Int32Array.of(ids.length)).update(ids);
  }
  return hash.digest("hex");
};
const made = (tokenizer: Tokenizer, text: Text, length = MANY): [Ids, Ids] => {
  const { ids, firstTokens } = tokenizer.encode(text, length);
  return [[...ids], Array.from(ids, (_, i) => (i < firstTokens ? 0 : 1))];
};

test("every kind is there", () => {
  expect(kinds).toEqual(
    ["albert", "bert", "camembert", "deberta-v2-split", "deberta-v3", "electra-cased", "modernbert", "mpnet"].concat([
      "roberta",
      "roberta-prefix",
      "xlm-roberta",
      "xlm-roberta-bpe",
    ]),
  );
});

describe.each(opened)("$kind", ({ kind, folder, expected, tokenizer }) => {
  test("awkward texts, empty ones among them", () => {
    const texts = expected.texts.map(([text]) => [text, made(tokenizer, text)[0]]);
    expect(texts).toEqual(expected.texts);
  });

  test("pairs, whole and cut, with their types", () => {
    const pairs = expected.pairs.map(([first, second, , , cut]) => {
      const lengths = Object.keys(cut);
      const shorter = lengths.map((length) => [length, made(tokenizer, [first, second], Number(length))]);
      return [first, second, ...made(tokenizer, [first, second]), Object.fromEntries(shorter)];
    });
    expect(pairs).toEqual(expected.pairs);
  });

  // Lower case is the engine's own, and the sums were made with Unicode 17.
  const knows = Number(process.versions.unicode) >= 17;
  test.skipIf(!knows)("control, format, private, combining, CJK characters and emoji (needs Unicode 17)", () => {
    expect(sumOf(tokenizer, unicodeTexts())).toBe(expected.unicode);
  });

  test.skipIf(!existsSync(emotion))("20,000 texts (needs ../shared; skipped without)", async () => {
    const { splits } = await loadDataset({ path: emotion, seed: 0, sharedTexts: "keep" });
    const texts = [...splits.train, ...splits.validation, ...splits.test].map(({ text }) => text);
    expect(sumOf(tokenizer, texts)).toBe(expected.emotion);
  });

  test("a folder that is written has the same ids", () => {
    const written = join(scratch, `${kind} written`);
    cpSync(folder, written, { recursive: true, filter: (path) => !/\.(model|txt)$|vocab\.json$/.test(path) });
    writeFiles(written, tokenizer.files(32));
    const again = loadTokenizer(written);
    const texts = [...expected.texts.map(([text]) => text), ...randomTexts(200, 5)];
    const ids = texts.map((text) => made(tokenizer, text));
    expect(texts.map((text) => made(again, text))).toEqual(ids);
    expect(made(again, ["a cat", "dog"])).toEqual(made(tokenizer, ["a cat", "dog"]));
    expect([again.padId, again.maskId, again.endId]).toEqual([tokenizer.padId, tokenizer.maskId, tokenizer.endId]);
    expect(JSON.parse(readFileSync(join(written, "tokenizer_config.json"), "utf8")).model_max_length).toBe(32);
  });

  test("pad, mask and end are those of the family", () => {
    const byId = new Map(Object.entries(vocabularyOf(tokenizer)).map(([piece, id]) => [id, piece]));
    const bert = ["[PAD]", "[MASK]", "[SEP]"];
    const roberta = ["<pad>", "<mask>", "</s>"];
    const isRoberta = /^(roberta|xlm-roberta|camembert|mpnet)/.test(kind);
    const own = kind === "albert" ? ["<pad>", ...bert.slice(1)] : isRoberta ? roberta : bert;
    expect([tokenizer.padId, tokenizer.maskId, tokenizer.endId].map((id) => byId.get(id!))).toEqual(own);
    expect(tokenizer.largestId).toBe(Math.max(...byId.keys()));
  });
});

function vocabularyOf({ definition }: Tokenizer): Record<string, number> {
  const { model, added_tokens } = definition as {
    readonly model: { readonly vocab: Record<string, number> | [string, number][] };
    readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  };
  const { vocab } = model;
  const own = Array.isArray(vocab) ? Object.fromEntries(vocab.map(([piece], id) => [piece, id])) : vocab;
  return { ...own, ...Object.fromEntries(added_tokens.map(({ content, id }) => [content, id])) };
}
