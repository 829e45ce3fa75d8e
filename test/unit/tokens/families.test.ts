/** A tokenizer of every kind, from the files that its family's repositories have: ids, types and cuts as Python makes them. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { portable } from "../../../src/tokens/portable-tokenizer.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/tokens/tokenizer.ts";
import { writeFiles } from "../../../src/tokens/tokenizer-files.ts";
import { everyKind, made } from "./every-kind.ts";
import { randomTexts } from "./unicode-texts.ts";

const { scratch, kinds } = everyKind();

test("every kind is there", () => {
  expect(kinds.map(({ kind }) => kind)).toEqual(
    ["albert", "bert", "camembert", "deberta-v2-split", "deberta-v3", "electra-cased", "modernbert", "mpnet"].concat([
      "roberta",
      "roberta-prefix",
      "xlm-roberta",
      "xlm-roberta-bpe",
    ]),
  );
});

describe.each(kinds)("$kind", ({ kind, folder, expected, tokenizer }) => {
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

  test("JavaScript's own tokenizers, which transformers.js has, make the same ids of the portable form", () => {
    const library = new HubTokenizer(portable(tokenizer.definition), tokenizer.config);
    const texts = [...expected.texts.map(([text]) => text), ...randomTexts(500, 5)].filter(isCommon);
    expect(texts.length).toBeGreaterThan(100);
    const ids = texts.map((text) => [text, library.encode(text).ids]);
    expect(ids).toEqual(texts.map((text) => [text, made(tokenizer, text)[0]]));
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

/** Without what docs/tokenizers.md lists as different in JavaScript: clusters, newer characters, masks, full-width brackets. */
const isCommon = (text: string) =>
  !/[^a-z]\p{M}|[\uff9e\uff9f\u1100-\u11ff\u3131-\u318e]|\u{1f23b}|\u0897|\u1acf|<mask>|\[MASK\]|［/iu.test(text);

function vocabularyOf({ definition }: Tokenizer): Record<string, number> {
  const { model, added_tokens } = definition as {
    readonly model: { readonly vocab: Record<string, number> | [string, number][] };
    readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  };
  const { vocab } = model;
  const own = Array.isArray(vocab) ? Object.fromEntries(vocab.map(([piece], id) => [piece, id])) : vocab;
  return { ...own, ...Object.fromEntries(added_tokens.map(({ content, id }) => [content, id])) };
}
