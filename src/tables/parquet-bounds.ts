/** What a Parquet file claims to hold, before anything is made of it: a few bytes may claim billions of empty values. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";

export interface ParquetBounds {
  /** Values of one column in one row group; writers end a group after a million rows. */
  readonly values: number;
  /** Bytes of one column in one row group, decompressed. */
  readonly bytes: number;
}

export const PARQUET_BOUNDS: ParquetBounds = { values: 2 ** 26, bytes: 2 ** 31 };

/**
 * Looks at how many children the schema's elements have: what goes from element to element by these numbers would never end
 * where they lead back.
 *
 * @throws Error where one has fewer than none
 */
export function requireForwardSchema({ schema }: FileMetaData): void {
  const wrong = schema.find(({ num_children: children }) => children !== undefined && !(children >= 0));
  if (wrong) throw new Error(`an element of its schema, "${wrong.name}", has ${wrong.num_children} children`);
}

/**
 * Looks at the headers of the pages that hold rows from `rowStart` to `rowEnd` of a column.
 *
 * @throws Error where they claim more than the bounds
 */
export async function requireBounded(
  file: AsyncBuffer,
  { row_groups: groups }: FileMetaData,
  { column, rowStart, rowEnd }: { readonly column: string; readonly rowStart: number; readonly rowEnd: number },
  bounds = PARQUET_BOUNDS,
): Promise<void> {
  let start = 0;
  for (const { num_rows: rows, columns } of groups) {
    const end = start + Number(rows);
    if (start < rowEnd && end > rowStart)
      for (const { meta_data: chunk } of columns)
        if (chunk?.path_in_schema[0] === column) {
          const { dictionary_page_offset: dictionary, data_page_offset: data } = chunk;
          const from = Number(dictionary && dictionary < data ? dictionary : data);
          requireBoundedPages(await file.slice(from, from + Number(chunk.total_compressed_size)), bounds);
        }
    start = end;
  }
}

function requireBoundedPages(bytes: ArrayBuffer, most: ParquetBounds): void {
  const reader = { view: new DataView(bytes), offset: 0 };
  const sum = { values: 0, bytes: 0 };
  while (reader.offset < bytes.byteLength - 1) {
    const page = parquetHeader(reader);
    const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = page;
    sum.values += Number((v1 ?? v2 ?? dictionary)?.num_values ?? 0);
    sum.bytes += Number(page.uncompressed_page_size);
    for (const what of ["values", "bytes"] as const)
      if (!(sum[what] >= 0 && sum[what] <= most[what]))
        throw new Error(`a row group of it holds ${sum[what]} ${what} in a column, and at most ${most[what]} are read`);
    const size = Number(page.compressed_page_size);
    if (!(size >= 0)) throw new Error(`a page of it has a size of ${size} bytes`);
    reader.offset += size;
  }
}
