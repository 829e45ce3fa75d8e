import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { malformed } from "./malformed.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file, folder } = scratchFolder();
const CASES = malformed(500);

describe("500 malformed inputs are refused in one sentence that names the place", () => {
  test.each([...new Set(CASES.map(({ kind }) => kind))])("%s", async (wanted) => {
    for (const { kind, files, file: name, options, says } of CASES) {
      if (kind !== wanted) continue;
      const path = folder(files);
      const message = await inputError(() =>
        loadDataset({ path: name ? join(path, name) : path, seed: 1, ...options }),
      );
      for (const part of says) expect(message).toContain(part);
      expect(message).toMatch(/^[^\n\r]{20,600}$/);
      expect(message).not.toMatch(/undefined:|\[object|fault/);
    }
  });
});

/** Loads it, or finds out what is wrong with it; anything else is a fault. */
async function loadOrRefuse(path: string): Promise<void> {
  try {
    await loadDataset({ path, seed: 1 });
  } catch (error) {
    if (!(error instanceof AttuneError && error.kind === "input")) throw error;
    expect(error.message).toMatch(/^[^\n\r]+$/);
  }
}

const ENDINGS = ["a.csv", "a.tsv", "a.json", "a.jsonl", "a.parquet", "a.csv.gz"];

describe("nothing crashes", () => {
  test("random bytes", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary", maxLength: 99 }).map(Buffer.from),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ENDINGS), bytes, (name, content) => loadOrRefuse(file(name, content))),
      { numRuns: 400 },
    );
  });

  test("characters that mean something in tables", async () => {
    const unit = fc.constantFrom(
      "text",
      "label",
      ",",
      "\t",
      ";",
      "\n",
      "\r",
      '"',
      "'",
      "{",
      "}",
      "[",
      "]",
      ":",
      "\\",
      "1",
      "a",
      " ",
      "é",
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ENDINGS.slice(0, 4)), fc.string({ unit, maxLength: 60 }), (name, content) =>
        loadOrRefuse(file(name, content)),
      ),
      { numRuns: 600 },
    );
  });

  test("compressed and Parquet files with some bytes changed", async () => {
    const originals = [
      ["a.parquet", readFileSync(join(fixtures, "parquet/types.parquet"))],
      ["a.parquet", readFileSync(join(fixtures, "parquet/snappy.parquet"))],
      ["a.csv.gz", gzipSync(`text,label\n${"good,a\nbad,b\n".repeat(9)}`)],
    ] as const;
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...originals), changes, ([name, original], bytes) => {
        const content = Uint8Array.from(original);
        for (const [at, byte] of bytes) content[at % content.length] = byte;
        return loadOrRefuse(file(name, content));
      }),
      { numRuns: 300 },
    );
  });
});

describe("tables that are written at random are read again", () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", "B", "é", "🙂", " ", '"', ",", "\t", ";", "|", "\n", "\r\n", "\\", "["),
  });
  const name = fc.constantFrom("x", "y y", "é", "10", "true");
  const rows = fc.uniqueArray(fc.tuple(cell, name), { minLength: 1, maxLength: 12, selector: ([text]) => text });
  const encodings: Readonly<Record<string, (text: string) => Uint8Array>> = {
    "utf-8": (text) => Buffer.from(text),
    "utf-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
    "utf-16": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
    gzip: (text) => gzipSync(text),
  };
  const writers: Readonly<Record<string, (rows: readonly (readonly [string, string])[]) => string>> = {
    ...Object.fromEntries(
      [",", "\t", ";", "|"].flatMap((delimiter) =>
        ["\n", "\r\n"].map((end) => {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const write = (all: readonly (readonly string[])[]) =>
            all.map((row) => row.map(quoted).join(delimiter)).join(end);
          return [
            `a.csv ${delimiter}${end}`,
            (given: readonly (readonly [string, string])[]) => write([["text", "label"], ...given]),
          ];
        }),
      ),
    ),
    "a.jsonl": (given) => given.map(([text, label]) => JSON.stringify({ label, text })).join("\n"),
    "a.json": (given) =>
      JSON.stringify(
        given.map(([text, label]) => ({ text, label })),
        null,
        2,
      ),
  };

  test.each(
    Object.keys(writers).flatMap((writer) => Object.keys(encodings).map((encoding) => [writer, encoding] as const)),
  )("%j, %s", async (writer, encoding) => {
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        // Splits of ten equal rows each have all of them, so the table need not be large.
        const content = encodings[encoding]!(writers[writer]!(given));
        const ending = writer.split(" ")[0]!.slice(1);
        const path = folder({
          [`train${ending}`]: content,
          [`validation${ending}`]: content,
          [`test${ending}`]: content,
        });
        const { labels, splits } = await loadDataset({ path, seed: 1, sharedTexts: "keep" });
        for (const split of Object.values(splits))
          expect(split.map(({ text, label }) => [text, labels[label]])).toEqual(given);
      }),
      { numRuns: 12 },
    );
  });
});
