/** Parquet files that claim more than they hold. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FileMetaData, parquetMetadataAsync } from "hyparquet";
import { expect, test } from "vitest";
import { openTable } from "../../../src/tables/open-table.ts";
import { requireBounded } from "../../../src/tables/parquet-bounds.ts";
import { fixtures, inputError, scratchFolder } from "./scratch.ts";

const { file } = scratchFolder();
const whole = readFileSync(join(fixtures, "parquet", "none.parquet"));

test("a page of two billion empty values is refused before anything is made of it", async () => {
  // In the header of the labels' page: 6 values become 2147483647, in the room of what the statistics say of nulls.
  const [few, many] = [
    "\x15\x0c\x15\x10\x15\x06\x15\x06\x1c\x36\x00",
    "\x15\xfe\xff\xff\xff\x0f\x15\x10\x15\x06\x15\x06\x1c",
  ];
  const values = (header: string, end: string) => `${header}\x28\x01b\x18\x01a${end}`;
  const claims = whole.toString("latin1").replace(values(few!, "\x11\x11"), values(many!, ""));
  expect(claims).toHaveLength(whole.length);
  const path = file("claims.parquet", Buffer.from(claims, "latin1"));
  expect(await inputError(() => openTable(path))).toMatch(
    /claims\.parquet: this Parquet file cannot be read, .*a row group of it holds 2147483649 values in a column, and at most 67108864 are read/,
  );
});

test("a schema whose elements lead back is refused, and not gone round for ever", async () => {
  const types = readFileSync(join(fixtures, "parquet", "types.parquet")).toString("latin1");
  // Thrift's zigzag numbers: 2 is one child, 11 is six fewer than none.
  const back = types.replace("\x06struct\x15\x02", "\x06struct\x15\x0b");
  expect(back).not.toBe(types);
  const path = file("back.parquet", Buffer.from(back, "latin1"));
  expect(await inputError(() => openTable(path))).toMatch(
    /back\.parquet: this Parquet file cannot be read, .*an element of its schema, "struct", has -6 children/,
  );
});

test("values and bytes are counted over the pages of the column and the rows that are asked for", async () => {
  const bytes = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length) as ArrayBuffer;
  const all = { byteLength: bytes.byteLength, slice: (start: number, end?: number) => bytes.slice(start, end) };
  const metadata: FileMetaData = await parquetMetadataAsync(all);
  const check = (column: string, rowEnd: number, bounds: { values: number; bytes: number }) =>
    requireBounded(all, metadata, { column, rowStart: 0, rowEnd }, bounds);
  // 6 texts, of which the dictionary has 6; 6 labels, of which it has 2.
  await check("text", 6, { values: 12, bytes: 1000 });
  await expect(check("text", 6, { values: 11, bytes: 1000 })).rejects.toThrow(
    "holds 12 values in a column, and at most 11",
  );
  await check("label", 6, { values: 8, bytes: 19 });
  await expect(check("label", 6, { values: 8, bytes: 18 })).rejects.toThrow(
    "holds 19 bytes in a column, and at most 18",
  );
  await check("label", 0, { values: 0, bytes: 0 });
});
