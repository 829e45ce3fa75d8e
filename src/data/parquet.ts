/** Parquet, by hyparquet, with the label names that Hugging Face datasets keep in its metadata. */
import { type FileMetaData, parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { AttuneError } from "../base/error.ts";
import type { Table } from "./table.ts";

export async function readParquet(path: string, bytes: Uint8Array): Promise<Table> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(file);
    const values = await parquetReadObjects({ file, metadata, compressors });
    return {
      path,
      columns: parquetSchema(metadata).children.map(({ element }) => element.name),
      rows: values.map((row, i) => ({ values: row, place: `row ${i + 1}` })),
      textOnly: false,
      classNames: (column) => classNamesOf(metadata, column),
    };
  } catch (cause) {
    throw new AttuneError(
      "data/parquet",
      `${path}: this Parquet file cannot be read, it may be cut off (${(cause as Error).message})`,
      "input",
      { cause },
    );
  }
}

/** The names in `info.features.<column>` of the "huggingface" entry, where the column is a ClassLabel. */
function classNamesOf(metadata: FileMetaData, column: string): readonly string[] | undefined {
  const entry = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (!entry) return undefined;
  try {
    const feature = JSON.parse(entry).info?.features?.[column];
    return feature?._type === "ClassLabel" && Array.isArray(feature.names) ? feature.names : undefined;
  } catch {
    return undefined; // A note of another tool's that only looks like one of the Hub's.
  }
}
