/** What is found by looking at a file: compression, encoding, delimiter, quotes, header. */
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openTable } from "../../../src/tables/open-table.ts";
import type { TableFormat } from "../../../src/tables/table-format.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();

const read = async (name: string, content: string | Uint8Array, format: TableFormat = {}) => {
  const table = await openTable(file(name, content), format);
  const rows = [];
  for await (const batch of table.rows(table.columns))
    for (const { place, values } of batch) rows.push([place, ...values]);
  return { columns: table.columns, rows, found: table.found.join(", ") };
};
const message = (name: string, content: string | Uint8Array, format: TableFormat = {}) =>
  inputError(() => read(name, content, format));

describe("compression", () => {
  const content = "text,label\ngood,a\n";
  const rows = [[2, "good", "a"]];

  test("gzip is seen by its first bytes, whatever the name", async () => {
    for (const name of ["a.csv.gz", "a.csv", "A.CSV.GZ"])
      expect((await read(name, gzipSync(content))).rows).toEqual(rows);
    expect((await read("a.csv.gz", content)).rows).toEqual(rows);
    const twice = Buffer.concat([gzipSync("text,label\n"), gzipSync("good,a\n")]);
    expect((await read("a.csv.gz", twice)).rows).toEqual(rows);
    expect((await read("a.jsonl.gz", gzipSync('{"text":"good"}'))).rows).toEqual([[1, "good"]]);
  });

  test("Parquet inside gzip", async () => {
    const path = file("a.parquet.gz", gzipSync(readFileSync(join(fixtures, "parquet/snappy.parquet"))));
    const { columns, sample } = await openTable(path);
    expect(columns).toEqual(["text", "label"]);
    expect(sample).toHaveLength(6);
  });

  test("a gzip file that is cut off", async () => {
    const whole = gzipSync(content.repeat(99));
    expect(await message("a.csv.gz", whole.subarray(0, whole.length - 9))).toMatch(
      /a\.csv\.gz: this gzip file is cut off or damaged/,
    );
  });
});

describe("encodings", () => {
  const content = "text,label\ncafé 🙂,ä\n";
  const rows = [[2, "café 🙂", "ä"]];
  const utf16 = (text: string) => Buffer.from(text, "utf16le");

  test.each([
    ["UTF-8 with a byte-order mark", Buffer.from(`\ufeff${content}`), "comma-separated"],
    ["UTF-16 with one", utf16(`\ufeff${content}`), "comma-separated, UTF-16LE"],
    ["UTF-16 without one", utf16(content), "comma-separated, UTF-16LE"],
    ["UTF-16, high bytes first", utf16(`\ufeff${content}`).swap16(), "comma-separated, UTF-16BE"],
  ])("%s", async (_, bytes, found) => {
    expect(await read("a.csv", bytes)).toEqual({ columns: ["text", "label"], rows, found });
  });

  test("others are named", async () => {
    const bytes = Buffer.from("text,label\ncafé,ä\n", "latin1");
    const { rows: found } = await read("a.csv", bytes, { encoding: "windows-1252" });
    expect(found).toEqual([[2, "café", "ä"]]);
    expect(await message("a.csv", bytes)).toMatch(/line 2: this is not UTF-8; .*--encoding windows-1252/);
    expect(await message("a.csv", bytes, { encoding: "latin-0" })).toMatch(/there is no encoding "latin-0"/);
    expect(await message("a.csv", bytes.subarray(0, 17), { encoding: "utf-16le" })).toMatch(
      /from line 1 on: this is not utf-16le/,
    );
  });

  test("a file that mixes them is told apart from one that is in another", async () => {
    const bytes = Buffer.concat([Buffer.from("text,label\ncafé,a\n"), Buffer.from("café,b\n", "latin1")]);
    expect(await message("a.csv", bytes)).toMatch(/line 3: this is not UTF-8, though other lines are: the file mixes/);
  });

  test("a spreadsheet that is called CSV", async () => {
    expect(await message("a.csv", Uint8Array.of(0x50, 0x4b, 3, 4, 0xff, 0xfe))).toMatch(
      /a ZIP or Excel file; save the table/,
    );
  });
});

describe("delimiters", () => {
  test.each([
    ["a.csv", ";", "semicolon-separated"],
    ["a.csv", "\t", "tab-separated"],
    ["a.csv", "|", "bar-separated"],
    ["a.tsv", ",", "comma-separated"],
  ])("%s with %j is read all the same", async (name, delimiter, found) => {
    const lines = [`text${delimiter}label`, `"good, or so"${delimiter}a`];
    expect(await read(name, lines.join("\n"))).toEqual({
      columns: ["text", "label"],
      rows: [[2, "good, or so", "a"]],
      found,
    });
  });

  test("what the ending promises counts, where the header has it", async () => {
    expect((await read("a.csv", "text;more,label\na;b,c\n")).columns).toEqual(["text;more", "label"]);
    expect((await read("a.csv", "text\nno delimiter\n")).columns).toEqual(["text"]);
  });

  test("what is asked for counts more", async () => {
    expect((await read("a.csv", "text;more,label\na;b,c\n", { delimiter: ";" })).columns).toEqual([
      "text",
      "more,label",
    ]);
    expect((await read("a.csv", "a\tb\n1\t2\n", { delimiter: "tab" })).rows).toEqual([[2, "1", "2"]]);
    expect(await message("a.csv", "a\n", { delimiter: "::" })).toMatch(/the delimiter cannot be "::"/);
  });
});

describe("quotes", () => {
  const tsv = 'text\tlabel\n"odd\ta\n5" pipe\tb\n';

  test("in tables with tabs are part of the text where they do not pair up", async () => {
    const { rows, found } = await read("a.tsv", tsv);
    expect(rows.map(([, text]) => text)).toEqual(['"odd', '5" pipe']);
    expect(found).toBe("tab-separated, quotes are part of the text");
  });

  test("in CSV only if one says so", async () => {
    const csv = tsv.replaceAll("\t", ",");
    expect(await message("a.csv", csv)).toMatch(/line 2: .*--quote none/);
    expect((await read("a.csv", csv, { quote: "none" })).rows).toHaveLength(2);
    expect((await read("a.csv", "text,label\n'a, b',c\n", { quote: "'" })).rows).toEqual([[2, "a, b", "c"]]);
    expect(await message("a.csv", csv, { quote: "''" })).toMatch(/the quote cannot be "''"/);
  });
});

describe("headers", () => {
  const body = ["ham\thello you", "spam\twin now", "ham\tsee you", "ham\tbye", "spam\tcash", "spam\tmore"].join("\n");

  test("a first row that is like the others is one of them", async () => {
    const { columns, rows, found } = await read("a.tsv", body);
    expect(columns).toEqual(["1", "2"]);
    expect(rows[0]).toEqual([1, "ham", "hello you"]);
    expect(found).toBe("tab-separated, no header, so columns are called by their numbers");
  });

  test("a usual name, or values of its own, make a header", async () => {
    expect((await read("a.tsv", `label\tsms\n${body}`)).columns).toEqual(["label", "sms"]);
    expect((await read("a.tsv", `kind\tsms\n${body}`)).columns).toEqual(["kind", "sms"]);
  });

  test("what is said counts more", async () => {
    expect((await read("a.tsv", body, { header: true })).columns).toEqual(["ham", "hello you"]);
    expect((await read("a.tsv", "label\tsms\na\tb", { header: false })).columns).toEqual(["1", "2"]);
  });
});

test("a file larger than what looking reads, with rows across its chunks", async () => {
  const count = 20_000;
  const cell = (i: number) => `row ${i} ${"é🙂\n".repeat(i % 7)}`;
  const csv = Array.from({ length: count }, (_, i) => `"${cell(i)}",${i % 3}`);
  const { rows } = await read("a.csv", `text,label\r\n${csv.join("\r\n")}`);
  expect(rows).toHaveLength(count);
  let line = 2;
  for (const [i, [place, text, label]] of rows.entries()) {
    if (place !== line || text !== cell(i) || label !== String(i % 3))
      expect([place, text, label]).toEqual([line, cell(i), String(i % 3)]);
    line += 1 + (i % 7);
  }
  const jsonl = Array.from({ length: count }, (_, i) => JSON.stringify({ text: cell(i) })).join("\n");
  const again = await read("a.jsonl", jsonl);
  expect(again.rows.map(([, text]) => text)).toEqual(Array.from({ length: count }, (_, i) => cell(i)));
});

test("the ending is looked for behind .gz only once", async () => {
  const path = file("a.parquet", "");
  copyFileSync(join(fixtures, "parquet/snappy.parquet"), path);
  expect((await openTable(path)).columns).toEqual(["text", "label"]);
  expect(await message("a.gz", "")).toMatch(/can be read, also gzipped, not "a\.gz"/);
});
