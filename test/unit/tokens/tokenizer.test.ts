import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ContentStore } from "../../../src/base/content-store.ts";
import type { Text } from "../../../src/tables/dataset.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { TokenizedSplit, textsOf } from "../../../src/tokens/tokenized.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/tokens/tokenizer.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/tokenizer/", import.meta.url));
const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "attune-tokenizer-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const uncased = loadTokenizer(join(fixtures, "uncased"));
const CLS = 2;
const SEP = 3;
const MANY = 1_000_000;

interface Case {
  readonly text: string;
  readonly ids: number[];
  /** Only where it differs. */
  readonly atMost8?: number[];
}

test.each(["uncased", "cased", "multilingual"])("%s: ids as transformers makes them", (name) => {
  const tokenizer = loadTokenizer(join(fixtures, name));
  const cases: Case[] = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8"));
  const whole = cases.map(({ text }) => ({ text, ids: [...tokenizer.encode(text, MANY).ids] }));
  expect(whole).toEqual(cases.map(({ text, ids }) => ({ text, ids })));
  const short = cases.map(({ text }) => {
    const { ids, firstTokens, truncated } = tokenizer.encode(text, 8);
    expect(firstTokens).toBe(ids.length);
    return { text, ids, truncated };
  });
  expect(short).toEqual(
    cases.map(({ text, ids, atMost8 }) => ({
      text,
      ids: Int32Array.from(atMost8 ?? ids),
      truncated: atMost8 !== undefined,
    })),
  );
});

test.skipIf(!existsSync(join(shared, "models")) || !existsSync(join(shared, "data")))(
  "ids of 20,000 texts as transformers makes them (needs ../shared; skipped without)",
  async () => {
    const tokenizer = loadTokenizer(join(shared, "models/all-MiniLM-L6-v2"));
    const { splits } = await loadDataset({ path: join(shared, "data/dair-ai/emotion"), seed: 0, sharedTexts: "keep" });
    const hash = createHash("sha256");
    for (const { text } of [...splits.train, ...splits.validation, ...splits.test]) {
      const { ids } = tokenizer.encode(text, MANY);
      hash.update(Int32Array.of(ids.length)).update(ids);
    }
    // Printed by test/fixtures/make_tokenizer.py --sum.
    expect(hash.digest("hex")).toBe("6ecca794589fa1ae5099da5bff377ed7ca25d240ee5b6070e5ccd6b1b6d82b94");
  },
);

describe("encode", () => {
  test("an empty text is its special tokens", () => {
    expect([...uncased.encode("", 16).ids]).toEqual([CLS, SEP]);
    expect([...uncased.encode(" \t\n", 16).ids]).toEqual([CLS, SEP]);
  });

  test("a longer text keeps its closing token, and a text that just fits is not cut", () => {
    const whole = uncased.encode("the cat sat", MANY).ids;
    expect(uncased.encode("the cat sat", whole.length)).toMatchObject({ ids: whole, truncated: false });
    const cut = uncased.encode("the cat sat", whole.length - 1);
    expect(cut.truncated).toBe(true);
    expect([...cut.ids]).toEqual([...whole.slice(0, -2), SEP]);
  });

  test("half a character counts as a replacement character", () => {
    expect(uncased.encode("a\ud83dx", MANY)).toEqual(uncased.encode("a\ufffdx", MANY));
  });
});

describe("TokenizedSplit", () => {
  test("encodes a text when it is asked for, once", () => {
    const asked: Text[] = [];
    const split = new TokenizedSplit(
      textsOf(["the cat", "the the the the the"]),
      {
        ...uncased,
        encode: (text, maxLength) => {
          asked.push(text);
          return uncased.encode(text, maxLength);
        },
      },
      5,
    );
    expect(split.count).toBe(2);
    expect(split.truncatedCount).toBe(0);
    expect(split.ids(1)).toEqual(split.ids(1));
    expect(split.length(1)).toBe(5);
    expect(split.truncatedCount).toBe(1);
    expect(asked).toEqual(["the the the the the"]);
    expect(split.length(0)).toBe(4);
  });

  describe("with a store", () => {
    const examples: readonly Text[] = ["the cat", "the the the the the", "", ["the", "cat the the cat"]];
    const folder = join(scratch, "store");
    const split = (texts = examples, maxLength = 5, tokenizer = uncased, store = new ContentStore(folder, "maker")) =>
      new TokenizedSplit(textsOf(texts), tokenizer, maxLength, store);
    const silent: Tokenizer = {
      ...uncased,
      encode: () => {
        throw new Error("there was no need to encode");
      },
    };
    const all = (tokens: TokenizedSplit) => examples.map((_, i) => [tokens.firstTokens(i), ...tokens.ids(i)]);
    const expected = all(new TokenizedSplit(textsOf(examples), uncased, 5));

    test("keeps all ids when the last text has been encoded, and takes them from there", () => {
      const first = split();
      for (const i of [1, 0, 3]) first.ids(i);
      expect(existsSync(folder)).toBe(false);
      first.ids(2);
      expect(readdirSync(folder)).toHaveLength(1);
      const second = split(examples, 5, silent);
      expect(all(second)).toEqual(expected);
      expect(second.truncatedCount).toBe(2);
    });

    test("takes nothing that was made of other texts, to another length, or with another tokenizer", () => {
      all(split());
      const other = { ...silent, fingerprint: () => "another" };
      for (const [texts, maxLength, tokenizer] of [
        [examples.with(0, "the cats"), 5, silent],
        [examples.with(3, "the cat the the cat"), 5, silent],
        [examples.toReversed(), 5, silent],
        [examples, 6, silent],
        [examples, 5, other],
      ] as const)
        expect(() => split(texts, maxLength, tokenizer).ids(0)).toThrow("there was no need to encode");
      expect(all(split(examples, 5, silent))).toEqual(expected);
    });

    test("a tokenizer's fingerprint depends on its definition and its configuration", () => {
      const files = ["tokenizer.json", "tokenizer_config.json"];
      const fingerprintOf = (name: string, change: (file: string, content: string) => string) => {
        mkdirSync(join(scratch, name));
        for (const file of files)
          writeFileSync(join(scratch, name, file), change(file, readFileSync(join(fixtures, "uncased", file), "utf8")));
        return loadTokenizer(join(scratch, name)).fingerprint();
      };
      expect(fingerprintOf("same", (_, content) => content)).toBe(uncased.fingerprint());
      const others = [
        fingerprintOf("fewer-words", (_, content) => content.replace('"cat"', '"cot"')),
        fingerprintOf("left", (file, content) =>
          file === files[1] ? JSON.stringify({ ...JSON.parse(content), truncation_side: "left" }) : content,
        ),
      ];
      expect(new Set([uncased.fingerprint(), ...others]).size).toBe(3);
    });
  });
});

describe("loadTokenizer", () => {
  /** A folder with these files; a name with null is copied from the uncased fixture. */
  function folderOf(name: string, files: Readonly<Record<string, object | string | null>>): string {
    const folder = join(scratch, name);
    mkdirSync(folder);
    for (const [file, content] of Object.entries(files))
      if (content === null) copyFileSync(join(fixtures, "uncased", file), join(folder, file));
      else writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
    return folder;
  }
  const definition = JSON.parse(readFileSync(join(fixtures, "uncased/tokenizer.json"), "utf8"));

  test("names the files that belong to it", () => {
    const folder = folderOf("files", { "tokenizer.json": null, "vocab.txt": "[PAD]", "notes.txt": "" });
    const { truncation } = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8"));
    expect(loadTokenizer(folder).files(truncation.max_length)).toEqual([
      { name: "tokenizer.json", path: join(folder, "tokenizer.json") },
      { name: "tokenizer_config.json", text: `{\n  "model_max_length": ${truncation.max_length}\n}\n` },
      { name: "vocab.txt", path: join(folder, "vocab.txt") },
    ]);
  });

  test.each([
    [
      "by its class",
      { "tokenizer_config.json": { tokenizer_class: "BertTokenizerFast", do_lower_case: false } },
      false,
    ],
    [
      "by its model",
      { "config.json": { model_type: "bert" }, "tokenizer_config.json": { do_lower_case: false } },
      false,
    ],
    [
      "by the class DistilBertTokenizer",
      { "tokenizer_config.json": { tokenizer_class: "DistilBertTokenizer", do_lower_case: false } },
      false,
    ],
    [
      "by the class ElectraTokenizerFast",
      { "tokenizer_config.json": { tokenizer_class: "ElectraTokenizerFast", do_lower_case: false } },
      false,
    ],
    [
      "by the class MPNetTokenizer",
      { "tokenizer_config.json": { tokenizer_class: "MPNetTokenizer", do_lower_case: false } },
      false,
    ],
    [
      "by the model distilbert",
      { "config.json": { model_type: "distilbert" }, "tokenizer_config.json": { do_lower_case: false } },
      false,
    ],
    [
      "by the model electra",
      { "config.json": { model_type: "electra" }, "tokenizer_config.json": { do_lower_case: false } },
      false,
    ],
    [
      "by the model mpnet",
      { "config.json": { model_type: "mpnet" }, "tokenizer_config.json": { do_lower_case: false } },
      false,
    ],
    [
      "not of another class",
      { "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast", do_lower_case: false } },
      true,
    ],
    ["not of an unknown model", { "tokenizer_config.json": { do_lower_case: false } }, true],
  ])("the configuration decides about case: %s", (name, files, lowers) => {
    const folder = folderOf(name, { "tokenizer.json": null, ...files });
    const { ids } = loadTokenizer(folder).encode("The Cat", MANY);
    expect([...ids].join() === [...uncased.encode("the cat", MANY).ids].join()).toBe(lowers);
  });

  const faults: [string, object | string | undefined, RegExp][] = [
    ["missing", undefined, /tokenizer\.json: there is no such file; make it in Python with .*save_pretrained/],
    ["not JSON", "{", /tokenizer\.json: this is not JSON/],
    ["a list", "[]", /tokenizer\.json: this is not a JSON object/],
    ["empty", {}, /tokenizer\.json: this tokenizer cannot be used/],
    [
      "of an unknown kind",
      { ...definition, model: { type: "Psychic" } },
      /tokenizer\.json: this tokenizer cannot be used/,
    ],
    [
      "with whole-word tokens",
      { ...definition, added_tokens: [{ id: 9, content: "cat", single_word: true }] },
      /tokenizer\.json: this tokenizer cannot be used \(its token "cat" has single_word/,
    ],
  ];
  test.each(faults)("a tokenizer.json that is %s", (name, content, message) => {
    const folder = folderOf(`fault ${name}`, content === undefined ? {} : { "tokenizer.json": content });
    expect(() => loadTokenizer(folder)).toThrow(message);
  });

  test.each(["BertweetTokenizer", "PhobertTokenizer", "BertJapaneseTokenizer"])("%s is refused by name", (name) => {
    const folder = folderOf(name, { "tokenizer_config.json": { tokenizer_class: name } });
    expect(() => loadTokenizer(folder)).toThrow(`${name} exists as Python code only`);
  });

  test.each([
    ["words that MeCab finds", { "tokenizer_config.json": { word_tokenizer_type: "mecab" } }, "found by mecab"],
    [
      "a class in config.json",
      { "config.json": { tokenizer_class: "PhobertTokenizer" } },
      "PhobertTokenizer exists as",
    ],
  ])("a vocabulary with %s is refused", (name, files, message) => {
    const folder = folderOf(name, { "vocab.txt": "[UNK]\n", ...files });
    expect(() => loadTokenizer(folder)).toThrow(message);
  });

  test.each<[string, Readonly<Record<string, object | string>>, RegExp]>([
    ["a vocab.txt without [UNK]", { "vocab.txt": "a\nb\n" }, /vocab\.txt: the piece \[UNK\] is not in it/],
    [
      "a merge of three pieces",
      { "vocab.json": { a: 0, b: 1, ab: 2 }, "merges.txt": "#version: 0.2\na b\na b ab\n" },
      /merges\.txt:3: there are not two pieces/,
    ],
    [
      "a merge of pieces that are not there",
      { "vocab.json": { a: 0, b: 1, ab: 2 }, "merges.txt": "a b\nb a\n" },
      /merges\.txt:2: "ba" is not in vocab\.json/,
    ],
    ["merges.txt alone", { "merges.txt": "a b\n" }, /tokenizer\.json: there is neither this file nor vocab\.json/],
  ])("%s", (name, files, message) => {
    const model_type = Object.hasOwn(files, "merges.txt") ? "roberta" : "bert";
    const folder = folderOf(name, { "config.json": { model_type }, ...files });
    expect(() => loadTokenizer(folder)).toThrow(message);
  });

  test("a tokenizer_config.json that is not JSON", () => {
    const folder = folderOf("config", { "tokenizer.json": null, "tokenizer_config.json": "nothing" });
    expect(() => loadTokenizer(folder)).toThrow(/tokenizer_config\.json: this is not JSON/);
  });
});
