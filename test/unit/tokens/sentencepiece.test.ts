/** The SentencePiece reader: what is damaged is refused with the file's name, whatever the damage. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs/light.js";
import { afterAll, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { readSentencePiece } from "../../../src/tokens/sentencepiece.ts";
import { tokenizerFolder } from "../../tokenizer-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "attune-sentencepiece-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "spm.model");
const original = readFileSync(join(tokenizerFolder("deberta-v2-split", join(folder, "whole")), "spm.model"));

/** A model's bytes, field by field. */
const model = (...fields: readonly ((writer: protobuf.Writer) => void)[]): Uint8Array => {
  const writer = protobuf.Writer.create();
  for (const field of fields) field(writer);
  return writer.finish();
};
const piece =
  (text: string, score = -1, type = 1) =>
  (writer: protobuf.Writer) => {
    writer.uint32((1 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string(text);
    writer.uint32((2 << 3) | 5).float(score);
    writer.uint32((3 << 3) | 0).int32(type);
    writer.ldelim();
  };
const trainer = (id: number, value: number) => (writer: protobuf.Writer) => {
  writer.uint32((2 << 3) | 2).fork();
  writer.uint32((id << 3) | 0).int32(value);
  writer.ldelim();
};
const read = (bytes: Uint8Array) => {
  writeFileSync(file, bytes);
  return readSentencePiece(file);
};

test("defaults are those of SentencePiece", () => {
  expect(read(model(piece("<unk>", 0, 2), piece("a")))).toEqual({
    kind: "unigram",
    pieces: [
      { piece: "<unk>", score: 0, type: "unknown" },
      { piece: "a", score: -1, type: "normal" },
    ],
    unknownId: 0,
    charsmap: "",
  });
});

test.each<[string, Uint8Array, RegExp]>([
  ["no bytes", Buffer.alloc(0), /it has no pieces; get the folder again/],
  ["a text", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), /this is not a SentencePiece model/],
  ["half a file", original.subarray(0, original.length / 2), /this is not a SentencePiece model/],
  ["words as pieces", model(piece("a"), trainer(3, 3)), /its pieces are of the kind word, and only unigram and bpe/],
  ["an unknown kind", model(piece("a"), trainer(3, 9)), /its pieces are of the kind 9/],
  ["word ends", model(piece("a"), trainer(24, 1)), /it marks the ends of words/],
  ["an empty piece", model(piece("a"), piece("")), /its piece 1 "" has no text, score or type of its own/],
  ["a score that is no number", model(piece("a", Number.NaN)), /its piece 0 "a" has no text, score or type/],
  ["an endless piece", model(piece("a"), piece("b".repeat(2000))), /its piece 1 has 2000 characters/],
  ["a type of none", model(piece("a", -1, 7)), /its piece 0 "a" has no text, score or type/],
  ["an unknown piece beyond all", model(piece("a"), trainer(40, 1)), /its unknown piece is number 1 of 1/],
])("%s", (_name, bytes, message) => {
  expect(() => read(bytes)).toThrow(message);
  expect(() => read(bytes)).toThrow(file);
});

test("any damage ends in an error that names the file, or in a model", () => {
  const change = fc.record({ at: fc.nat(original.length - 1), byte: fc.nat(255), cut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      let bytes = Buffer.from(original);
      // Most of the file is the character map, and what is interesting stands before it.
      for (const { at, byte, cut } of changes) {
        const place = at % 3000;
        bytes[place] = byte;
        if (cut && at % 5 === 0) bytes = bytes.subarray(0, place + 1);
        if (place >= bytes.length) break;
      }
      try {
        expect(read(bytes).pieces.length).toBeLessThan(bytes.length);
      } catch (error) {
        if (!(error instanceof AttuneError)) throw error;
        expect(error.message).toContain(file);
      }
    }),
    { numRuns: 300, seed: 16 },
  );
});
