import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTable } from "../../../src/tables/open-table.ts";
import type { TableFormat } from "../../../src/tables/table-format.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();

/** Each row with its place before its values. */
const readFile = async (path: string, format: TableFormat = {}) => {
  const table = await openTable(path, format);
  const rows = [];
  for await (const batch of table.rows(table.columns))
    for (const { place, values } of batch) rows.push([`${table.unit} ${place}`, ...values]);
  return { columns: table.columns, rows, found: table.found };
};
const read = async (name: string, content: string | Uint8Array) => {
  const { columns, rows } = await readFile(file(name, content));
  return { columns, rows };
};

const message = (name: string, content: string | Uint8Array, format: TableFormat = {}) =>
  inputError(() => readFile(file(name, content), format));

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("CSV and TSV", () => {
  test("quotes, byte-order mark, empty lines and any line ends; rows know their first line", async () => {
    const text = '\ufefftext,label\r\n"a, ""b""",x\r\n\r\n"two\r\nlines",y\nplain,"z"\r"",w';
    expect(await read("a.csv", text)).toEqual({
      columns: ["text", "label"],
      rows: [
        ["line 2", 'a, "b"', "x"],
        ["line 4", "two\r\nlines", "y"],
        ["line 6", "plain", "z"],
        ["line 7", "", "w"],
      ],
    });
  });

  test("tabs", async () => {
    const { rows } = await read("a.TSV", 'text\tlabel\na, b\tx\n"c\td"\ty\n');
    expect(rows).toEqual([
      ["line 2", "a, b", "x"],
      ["line 3", "c\td", "y"],
    ]);
  });

  test("a header without rows, and nothing at all", async () => {
    expect(await read("a.csv", "text,label\n")).toEqual({ columns: ["text", "label"], rows: [] });
    expect(await read("a.csv", "")).toEqual({ columns: [], rows: [] });
  });

  test.each([
    ["too few fields", 'text,label\n"a\nb",1\n\nc\nd,2', /\/a\.csv, line 5: this row has 1 field, the header has 2/],
    ["too many fields", "text,label\na,1\nb,c,2", /\/a\.csv, line 3: this row has 3 fields, the header has 2/],
    [
      "an open quote",
      'text,label\na,1\n"b,2\nc,3\n',
      /\/a\.csv, line 3: a quote that opens in this row is never closed/,
    ],
    ["a quote inside", 'text,label\na,1\nb "c",2\n', /\/a\.csv, line 3: .*double the quotes/],
    ["text after a quote", 'text,label\na,1\n\n"b" c,2\n', /\/a\.csv, line 4: .*double the quotes/],
  ])("%s", async (_, content, expected) => {
    expect(await message("a.csv", content)).toMatch(expected);
  });

  const cell = fc.string({ unit: fc.constantFrom("a", "é", "🙂", " ", '"', ",", "\t", "\n", "\r\n", "\r") });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

  test.each([
    [",", "a.csv"],
    ["\t", "a.tsv"],
  ])("what is written with %j is read again", async (delimiter, name) => {
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });
    const lineEnd = fc.constantFrom("\n", "\r\n");
    await fc.assert(
      fc.asyncProperty(table, lineEnd, async (cells, end) => {
        const lines = [["text", "label"], ...cells].map((row) => row.map(quoted).join(delimiter));
        const { rows } = await read(name, lines.join(end));
        expect(rows.map(([, ...values]) => values)).toEqual(cells);
        const places = lines.map((_, i) => lines.slice(0, i).join(end) + (i > 0 ? end : ""));
        const firstLines = places.slice(1).map((before) => `line ${before.split(/\r\n|\n|\r/).length}`);
        expect(rows.map(([place]) => place)).toEqual(firstLines);
      }),
      { numRuns: 150 },
    );
  });
});

describe("JSON Lines", () => {
  test("values keep their types; empty lines are skipped; columns are those of all rows", async () => {
    const text = '\ufeff{"text":"a","label":1}\r\n\n  \n{"label":true,"text":"b\\n","more":null}';
    expect(await read("a.jsonl", text)).toEqual({
      columns: ["text", "label", "more"],
      rows: [
        ["line 1", "a", 1, undefined],
        ["line 4", "b\n", true, null],
      ],
    });
    expect((await read("a.ndjson", '{"text":"a"}\n')).rows).toEqual([["line 1", "a"]]);
  });

  test.each([
    ["bad JSON", '{"text":"a"}\n\n{"text":\n', /\/a\.jsonl, line 3: this is not JSON/],
    ["a list", '["a"]', /\/a\.jsonl, line 1: each line must be an object/],
    ["a number", '{"text":"a"}\n1', /\/a\.jsonl, line 2: each line must be an object/],
    ["null", "null", /\/a\.jsonl, line 1: each line must be an object/],
  ])("%s", async (_, content, expected) => {
    expect(await message("a.jsonl", content)).toMatch(expected);
  });

  test("what is written is read again", async () => {
    const row = fc.record({ text: fc.string({ unit: "binary" }), label: fc.oneof(fc.integer(), fc.string()) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (written) => {
        const { rows } = await read("a.jsonl", written.map((value) => JSON.stringify(value)).join("\n"));
        expect(rows).toEqual(written.map(({ text, label }, i) => [`line ${i + 1}`, text, label]));
      }),
      { numRuns: 100 },
    );
  });
});

describe("any table", () => {
  test.each([
    ["a.csv", latin1("text,label\na,1\ncafé,2\n"), /\/a\.csv, line 3: this is not UTF-8/],
    ["a.jsonl", latin1('{"text":"é"}'), /\/a\.jsonl, line 1: this is not UTF-8/],
    ["a.tsv", Uint8Array.of(0xff, 0x61, 0x62, 0x63), /\/a\.tsv, line 1: this is not UTF-8/],
    ["a.csv", Uint8Array.of(0x61, 0x0a, 0xf0, 0x9f), /\/a\.csv, line 2: this is not UTF-8/],
  ])("%s that is not UTF-8 names the line", async (name, content, expected) => {
    expect(await message(name, content)).toMatch(expected);
  });

  test.each(["a.xlsx", "table"])("%s: an unknown ending lists those that work", async (name) => {
    expect(await message(name, "")).toMatch(
      /"\.csv", "\.tsv", "\.jsonl", "\.ndjson", "\.json", "\.parquet" or "\.txt"/,
    );
  });

  test("a file that is not there, and one that is a folder", async () => {
    expect(await inputError(() => openTable("/nowhere/a.csv"))).toBe("/nowhere/a.csv: there is no such file");
    const inside = file("a.csv/b.csv", "");
    expect(await inputError(() => openTable(inside.slice(0, -"/b.csv".length)))).toMatch(/a\.csv: this file cannot be/);
  });
});
