/** Standard input that is a table, as its first line shows: it is kept in a file, since tables are read more than once. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { discard, temporaryFolder } from "../base/partial-name.ts";
import { isRoleName } from "../tables/column-names.ts";

/** The ending that a file with such a first line would have; undefined for lines of text. */
export function tableKind(firstLine: string): ".csv" | ".tsv" | undefined {
  const line = firstLine.replace(/^\ufeff/, "").trimEnd();
  for (const delimiter of ["\t", ",", ";", "|"]) {
    const cells = line.split(delimiter).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
    // Names with nothing between them but delimiters, one of them a usual one: no text is written so.
    if (cells.length > 1 && cells.every((cell) => /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(cell)) && cells.some(isRoleName))
      return delimiter === "\t" ? ".tsv" : ".csv";
  }
  return undefined;
}

const LINE_FEED = 10;
/** No header is longer. */
const LONGEST_HEADER = 65_536;

export interface PipedTable {
  readonly path: string;
  remove(): void;
}

/** The table, where the stream is one; else the stream with all of its bytes. */
export async function pipedTable(stream: AsyncIterable<Uint8Array>): Promise<PipedTable | AsyncIterable<Uint8Array>> {
  const chunks = stream[Symbol.asyncIterator]();
  // A pipe may cut the first line anywhere.
  const first: Uint8Array[] = [];
  let bytes = 0;
  for (let isWhole = false; !isWhole && bytes < LONGEST_HEADER; ) {
    const next = await chunks.next();
    if (next.done) break;
    first.push(next.value);
    bytes += next.value.length;
    isWhole = next.value.includes(LINE_FEED);
  }
  const all = async function* () {
    yield* first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  const [line = ""] = Buffer.concat(first).toString("utf8").split("\n", 1);
  const kind = tableKind(line);
  if (!kind) return all();
  const folder = temporaryFolder("stdin");
  const remove = () => discard(folder);
  process.once("exit", remove);
  const path = join(folder, `standard-input${kind}`);
  const file = createWriteStream(path);
  for await (const chunk of all()) if (!file.write(chunk)) await once(file, "drain");
  file.end();
  await once(file, "close");
  return { path, remove };
}
