import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTable } from "../../../src/tables/open-table.ts";
import type { Row } from "../../../src/tables/table.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();
const parquet = (name: string): string => join(fixtures, "parquet", name);

test.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4"])("compression: %s", async (compression) => {
  const table = await openTable(parquet(`${compression}.parquet`));
  expect(table.columns).toEqual(["text", "label"]);
  const rows: Row[] = [];
  for await (const batch of table.rows(["label", "text"])) rows.push(...batch);
  expect(rows[3]).toEqual({ values: ["a", "Snow until noon. ☃"], place: 4 });
  expect(rows.map(({ values }) => values[0])).toEqual(["b", "a", "b", "a", "b", "a"]);
});

test("columns are those of the table, not those inside them", async () => {
  const { columns } = await openTable(parquet("types.parquet"));
  expect(columns).toEqual(["text", "yes", "small", "whole", "fraction", "gap", "list", "struct"]);
});

test("label names come from the metadata that Hugging Face datasets write", async () => {
  const { classNames } = await openTable(parquet("hub/data/test-00000-of-00001.parquet"));
  expect(classNames("label")).toEqual(["weather", "sports", "cooking"]);
  expect(classNames("text")).toBeUndefined();
  expect((await openTable(parquet("integers.parquet"))).classNames("label")).toBeUndefined();
});

describe("a damaged file", () => {
  const whole = readFileSync(parquet("snappy.parquet"));

  test.each([
    ["cut off", whole.subarray(0, whole.length - 100)],
    ["without its beginning", whole.subarray(200)],
    ["empty", new Uint8Array(0)],
    ["of another kind", Buffer.from("text,label\na,1\n")],
  ])("%s", async (_, bytes) => {
    const message = await inputError(() => openTable(file("a.parquet", bytes)));
    expect(message).toMatch(/\/a\.parquet: this Parquet file cannot be read, it may be cut off/);
  });
});
