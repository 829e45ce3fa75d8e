import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonValues } from "../../../src/tables/json-values.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { openTable } from "../../../src/tables/open-table.ts";
import type { Table } from "../../../src/tables/table.ts";
import type { TextFile } from "../../../src/tables/text-file.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();

const rowsOf = async (table: Table) => {
  const rows = [];
  for await (const batch of table.rows(table.columns))
    for (const { place, values } of batch) rows.push([`${table.unit} ${place}`, ...values]);
  return rows;
};
const read = async (content: string | Uint8Array, name = "a.json") => {
  const table = await openTable(file(name, content));
  return { columns: table.columns, rows: await rowsOf(table), found: table.found };
};
const message = (content: string) => inputError(() => read(content));

const ROWS = [
  ["line 2", "a", 1],
  ["line 4", 'b [\\"] }', true],
];

test("a list of objects, each with the line on which it begins", async () => {
  const content = '[\n  {"text": "a", "label": 1},\n\n  {"text": "b [\\\\\\"] }", "label": true}\n]\n';
  expect(await read(content)).toEqual({ columns: ["text", "label"], rows: ROWS, found: [] });
  expect((await read(gzipSync(content), "a.json.gz")).rows).toEqual(ROWS);
});

test("objects one after the other, on one line or several", async () => {
  const { rows, found } = await read('{"text":"a"}\n{"text":"b"} {"text":\n"c"}');
  expect(rows).toEqual([
    ["line 1", "a"],
    ["line 2", "b"],
    ["line 2", "c"],
  ]);
  expect(found).toEqual(["one object after the other"]);
});

test("an object with one list of objects in it, and an object that is a row", async () => {
  const wrapped = await read('{"version": 2, "data": [{"text": "a"}, {"text": "b"}]}');
  expect(wrapped.rows).toEqual([
    ["row 1", "a"],
    ["row 2", "b"],
  ]);
  expect(wrapped.found).toEqual(['rows from "data"']);
  expect((await read('{"text": "a", "label": 0}')).rows).toEqual([["line 1", "a", 0]]);
});

test("an empty list and an empty file have no rows", async () => {
  expect((await read("[]")).rows).toEqual([]);
  expect((await read(" \n")).rows).toEqual([]);
});

describe("what is wrong is said with its line", () => {
  test.each([
    ["cut off in an object", '[\n{"a":1},\n{"b":', /line 3: what begins here is never closed; the file may be cut off/],
    ["cut off between objects", '[\n{"a":1},\n', /line 3: the list is never closed/],
    ["no comma", '[{"a":1}\n{"b":2}]', /line 2: there is no comma before this element/],
    ["two commas", '[{"a":1},\n,{"b":2}]', /line 2: there is a "," where a row should begin/],
    ["a comma at the end", '[{"a":1},\n]', /line 2: there is a "\]" where a row should begin/],
    ["something behind the list", '[{"a":1}]\nx', /line 2: there is something after the list/],
    ["an element that is no object", '[{"a":1},\n"b"]', /line 2: each element must be an object/],
    ["an element that is not JSON", '[{"a":1},\n{b:2}]', /line 2: this is not JSON/],
    ["numbers", "[1,2]", /line 1: each element must be an object/],
    ["text", "hello", /line 1: this is not JSON; a table is a list of objects/],
    ["columns", '{"text": {"0": "a"}, "label": {"0": 1}}', /line 1: this is one object, .*orient="records"/],
    ["an object that is cut off", '{"text": "a"', /line 1: what begins here is never closed/],
  ])("%s", async (_, content, expected) => {
    expect(await message(content)).toMatch(expected);
  });
});

/** A file in memory that comes in chunks of so many bytes. */
function chunked(content: string, size: number): TextFile {
  const bytes = Buffer.from(content);
  return {
    path: "a.json",
    encoding: "utf-8",
    head: bytes,
    isWhole: true,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

test("any list is taken apart as it was put together, wherever its bytes are cut", async () => {
  const space = fc.constantFrom("", " ", "\n", "\r\n\t");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 6 }),
      space,
      fc.integer({ min: 1, max: 9 }),
      async (values, gap, size) => {
        const list = `${gap}[${gap}${values.map((value) => JSON.stringify(value)).join(`${gap},${gap}`)}${gap}]${gap}`;
        const found = [];
        for await (const batch of jsonValues(chunked(list, size), true)) found.push(...batch);
        expect(found.map(({ text }) => JSON.parse(text))).toEqual(
          values.map((value) => JSON.parse(JSON.stringify(value))),
        );
        for (const { text, line } of found) {
          const before = list
            .split("\n")
            .slice(line - 1)
            .join("\n");
          expect(before).toContain(text);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("one object with a list for each split, of pairs as CLINC150 has them", async () => {
  const rows = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => [`${prefix} text of number ${i}`, i % 2 === 0 ? "greeting" : "balance"]);
  const content = { val: rows("val", 4), oos_train: rows("far", 2), train: rows("a", 8), test: rows("test", 4) };
  const path = file("data_full.json", JSON.stringify(content));
  const { labels, splits, notes, reading } = await loadDataset({ path, seed: 1 });
  expect(labels).toEqual(["balance", "greeting"]);
  expect(Object.values(splits).map(({ length }) => length)).toEqual([8, 4, 4]);
  expect(splits.test.at(1)).toEqual({ id: "test-1", text: "test text of number 1", label: 0 });
  expect(reading).toBe('text from "1", label from "2"');
  expect(notes.join()).toContain("oos_train");
  const wrong = file("wrong.json", JSON.stringify({ ...content, train: [...rows("a", 3), "text"] }));
  expect(await inputError(() => loadDataset({ path: wrong, seed: 1 }))).toContain(
    "wrong.json#train, row 4: each element",
  );
});
