/** Ways of writing tables that programs other than this one produce. Expected values are pandas', see make_dialects.py. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { openTable } from "../../../src/tables/open-table.ts";
import type { TableFormat } from "../../../src/tables/table-format.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();

interface Case {
  readonly name: string;
  /** Base64 of the bytes. */
  readonly bytes: string;
  readonly format: TableFormat;
  readonly ending: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
const cases = JSON.parse(readFileSync(join(fixtures, "dialects.json"), "utf8")) as readonly Case[];

describe("tables as pandas reads them", () => {
  test.each(cases)("$name", async ({ bytes, format, ending, columns, rows }) => {
    const table = await openTable(file(`a${ending}`, Buffer.from(bytes, "base64")), format);
    expect(table.columns).toEqual(columns);
    const read: unknown[][] = [];
    for await (const batch of table.rows(columns)) read.push(...batch.map(({ values }) => [...values]));
    expect(read).toEqual(rows);
  });
});

const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join("\n");

describe("columns", () => {
  test("without a name are left out, and said; places of errors stay right", async () => {
    const table = await openTable(file("a.csv", `v1,v2,,,\n${rows(30, (i) => `ham,some words ${i},,,`)}\n`));
    expect(table.columns).toEqual(["v1", "v2"]);
    expect(table.found).toContain("3 columns without a name left out");
    expect(await inputError(() => openTable(file("b.csv", "a,,\n1,2,3\n1,2\n")))).toMatch(/line 3: .* 2 .* 3/);
  });

  test("whose name another has are an error only where they are asked for", async () => {
    const path = file("a.csv", `x,x,text,label\n${rows(40, (i) => `1,2,words here ${i},${i % 2}`)}\n`);
    const { columns, reading } = await loadDataset({ path, seed: 1 });
    expect(columns).toEqual({ texts: ["text"], labels: ["label"] });
    expect(reading).toContain('the column "x" is there more than once');
    const says = /line 1: the column "x" is there twice; rename one/;
    expect(await inputError(() => loadDataset({ path, seed: 1, label: "x" }))).toMatch(says);
  });
});

describe("options", () => {
  test.each(["latin-1", "latin_1", "Latin1", "L1", "iso8859-1", "iso_8859_1", "cp1252"])("%s", async (encoding) => {
    const table = await openTable(file("a.csv", Buffer.from("text,label\ncaf\xe9,a\n", "latin1")), { encoding });
    expect(table.sample[0]?.values).toEqual(["café", "a"]);
  });

  test.each(["constructor", "__proto__", "toString", "::", ""])("%j is no delimiter and no escape", async (value) => {
    const path = file("a.csv", "text,label\n");
    expect(await inputError(() => openTable(path, { delimiter: value }))).toMatch(/^the delimiter cannot be/);
    expect(await inputError(() => openTable(path, { escape: value }))).toMatch(/^the escape cannot be/);
    if (value !== "")
      expect(await inputError(() => openTable(path, { encoding: value }))).toMatch(/^there is no encoding/);
  });
});

describe("backslashes before quotes that come only behind the rows that are looked at", () => {
  const head = `text,label\n${rows(12_000, (i) => `"some words, here ${i}",${i % 2}`)}\n`;
  const rowsIn = async (path: string, format: TableFormat = {}) => {
    const table = await openTable(path, format);
    let last: readonly unknown[] = [];
    for await (const batch of table.rows(["text", "label"])) last = batch.at(-1)?.values ?? last;
    return last;
  };

  test.each([
    [String.raw`"he said \"yes\" to me",1`, 'he said "yes" to me'],
    [String.raw`"he said \"yes\", to me",1`, 'he said "yes", to me'],
    [String.raw`"a \", b \" c",1`, 'a ", b " c'],
  ])("%s: the error says what to do, and that helps", async (row, text) => {
    expect(head.length).toBeGreaterThan(1 << 18);
    const path = file("a.csv", `${head}${row}\n`);
    expect(await inputError(() => rowsIn(path))).toMatch(/line 12002: .*, or say --escape backslash if/);
    expect(await rowsIn(path, { escape: "backslash" })).toEqual([text, "1"]);
  });

  test.each(['"he said "yes" to me",1', "a,b,1", String.raw`"C:\temp" x,1`])(
    "%s: nothing is said of them",
    async (row) => {
      expect(await inputError(() => rowsIn(file("a.csv", `${head}${row}\n`)))).not.toMatch(/backslash/);
    },
  );
});
