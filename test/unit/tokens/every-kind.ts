/** The tokenizers of fixtures/tokenizers, each in a folder as its family's repositories have it, and what Python makes of texts. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { Text } from "../../../src/tables/dataset.ts";
import { loadTokenizer, type Tokenizer } from "../../../src/tokens/tokenizer.ts";
import { tokenizerFolder } from "../../tokenizer-folder.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/tokenizers/", import.meta.url));
const MANY = 1_000_000;

export type Ids = readonly number[];

/** See make_tokenizers.py. */
export interface Expected {
  readonly texts: readonly (readonly [text: string, ids: Ids])[];
  readonly pairs: readonly (readonly [string, string, Ids, Ids, Readonly<Record<string, readonly [Ids, Ids]>>])[];
  readonly unicode: string;
  /** Of kinds that version 5 of Transformers makes anew. */
  readonly transformers5?: { readonly ids: string; readonly types: Ids | null };
  readonly emotion: string;
}

/** All kinds, opened in a folder that goes with the tests of the file. */
export function everyKind() {
  const scratch = mkdtempSync(join(tmpdir(), "attune-kinds-"));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const kinds = readdirSync(fixtures)
    .sort()
    .map((kind) => {
      const folder = tokenizerFolder(kind, join(scratch, kind));
      const expected: Expected = JSON.parse(readFileSync(join(fixtures, kind, "expected.json"), "utf8"));
      return { kind, folder, expected, tokenizer: loadTokenizer(folder) };
    });
  return { scratch, kinds };
}

/** Ids and types of a text. */
export function made(tokenizer: Tokenizer, text: Text, length = MANY): [Ids, Ids] {
  const { ids, firstTokens } = tokenizer.encode(text, length);
  return [[...ids], Array.from(ids, (_, i) => (i < firstTokens ? 0 : 1))];
}
