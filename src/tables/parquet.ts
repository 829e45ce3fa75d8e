/** Parquet, by hyparquet, a row group at a time, with the label names that Hugging Face datasets keep in its metadata. */
import { type FileHandle, open } from "node:fs/promises";
import {
  type AsyncBuffer,
  type FileMetaData,
  type ParquetReadOptions,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { markGeoColumns } from "hyparquet/src/geoparquet.js";
import { AttuneError } from "../base/error.ts";
import { PARQUET_BOUNDS, requireBounded, requireForwardSchema } from "./parquet-bounds.ts";
import { type Row, SAMPLE_ROWS, type Table } from "./table.ts";
import { allBytes, isGzip, unreadable } from "./text-file.ts";

export async function openParquet(path: string): Promise<Table> {
  const { metadata, columns } = await reading(path, async (file) => {
    const found = await parquetMetadataAsync(file, { geoparquet: false });
    requireForwardSchema(found);
    markGeoColumns(found.schema, found.key_value_metadata);
    const names = parquetSchema(found).children.map(({ element }) => element.name);
    if (names.some((name) => typeof name !== "string")) throw new Error("a column has no name");
    return { metadata: found, columns: names };
  });
  // What decompresses takes memory as soon as it is loaded.
  const compressors = (await import("./bounded-decompression.ts")).boundedCompressors();
  const read = (wanted: readonly string[], rowStart: number, rowEnd: number): Promise<unknown[][]> =>
    reading(path, (file) => readColumns({ file, metadata, compressors, columns: [...wanted], rowStart, rowEnd }));
  const most = Math.max(0, ...metadata.row_groups.map(({ num_rows: rows }) => Number(rows)));
  if (most > PARQUET_BOUNDS.values)
    throw new AttuneError(
      "data/parquet",
      `${path}: a row group of this Parquet file has ${most} rows, and at most ${PARQUET_BOUNDS.values} are read; write it with smaller row groups`,
    );
  const sampleRows = Math.min(SAMPLE_ROWS, Number(metadata.num_rows));
  return {
    path,
    columns,
    unit: "row",
    textOnly: false,
    found: [],
    sample: rowsOf(await read(columns, 0, sampleRows), 0, sampleRows),
    classNames: (column) => classNamesOf(metadata, column),
    async *rows(wanted) {
      let start = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        const values = await read(wanted, start, start + count);
        // A row group may be the whole file, so its rows are not made all at once.
        for (let from = 0; from < count; from += ROWS_AT_ONCE)
          yield rowsOf(values, start, Math.min(ROWS_AT_ONCE, count - from), from);
        start += count;
      }
    },
  };
}

const ROWS_AT_ONCE = 4096;

/** The values of each column, one column after the other: with several at once, what is wrong with one may go unnoticed. */
async function readColumns(options: ParquetReadOptions & { columns: string[] }): Promise<unknown[][]> {
  const { columns, metadata, rowStart = 0, rowEnd = 0 } = options;
  const all: unknown[][] = [];
  for (const column of columns) {
    const values = new Array<unknown>(rowEnd - rowStart);
    all.push(values);
    if (rowEnd === rowStart) continue;
    await requireBounded(options.file, metadata!, { column, rowStart, rowEnd });
    await parquetRead({
      ...options,
      columns: [column],
      onChunk: ({ columnData, rowStart: first }) => {
        for (let i = 0; i < columnData.length && first + i < rowEnd; i++) values[first - rowStart + i] = columnData[i];
      },
    });
  }
  return all;
}

const rowsOf = (columns: readonly (readonly unknown[])[], start: number, count: number, from = 0): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    place: start + from + i + 1,
    values: columns.map((column) => column[from + i]),
  }));

/** Does something with the file, and says what is wrong with it otherwise. */
async function reading<T>(path: string, work: (file: AsyncBuffer) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    if (isGzip(path)) return await explained(path, work(inMemory(await allBytes(path))));
    handle = await open(path);
    const { size } = await handle.stat();
    return await explained(path, work(onDisk(handle, size)));
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException);
  } finally {
    await handle?.close();
  }
}

async function explained<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new AttuneError(
      "data/parquet",
      `${path}: this Parquet file cannot be read, it may be cut off (${(cause as Error).message})`,
      "input",
      { cause },
    );
  }
}

function inMemory({ buffer, byteOffset, byteLength }: Buffer): AsyncBuffer {
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return { byteLength, slice: (start, end) => bytes.slice(start, end) };
}

function onDisk(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

/** The names in `info.features.<column>` of the "huggingface" entry, where the column is a ClassLabel or a list of them. */
function classNamesOf(metadata: FileMetaData, column: string): readonly string[] | undefined {
  const entry = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (!entry) return undefined;
  try {
    const found = JSON.parse(entry).info?.features?.[column];
    const feature = Array.isArray(found) ? found[0] : (found?.feature ?? found);
    return feature?._type === "ClassLabel" && Array.isArray(feature.names) ? feature.names : undefined;
  } catch {
    return undefined; // A note of another tool's that only looks like one of the Hub's.
  }
}
