/** JSON Lines, and JSON: a list of objects, objects one after the other, or one object that holds such a list. */
import { AttuneError } from "../base/error.ts";
import { type JsonValue, jsonValues, requireHolds } from "./json-values.ts";
import { placeOf, type Row, SAMPLE_ROWS, type Table } from "./table.ts";
import type { TableFormat } from "./table-format.ts";
import { openTextFile, type TextFile } from "./text-file.ts";

type Values = Readonly<Record<string, unknown>>;
interface JsonRow {
  readonly place: number;
  readonly values: Values;
}
type Batches = () => AsyncGenerator<readonly JsonRow[]>;

/** What a list in a file that has one for each split is called: `data.json#train`. */
export const nameOfPart = (path: string, key: string): string => `${path}#${key}`;

/** File and key of such a name. */
export function partOf(name: string): { readonly path: string; readonly key: string } | undefined {
  const [, path, key] = /^(.*\.json(?:\.gz)?)#(.+)$/i.exec(name) ?? [];
  return path === undefined ? undefined : { path, key: key! };
}

/** One object a line. */
export async function openJsonLines(path: string, format: TableFormat = {}): Promise<Table> {
  const file = await openTextFile(path, format.encoding);
  return tableOf(file, "line", [], async function* () {
    for await (const lines of linesOf(file)) yield lines.map((value) => objectOf(path, value, LINE_ADVICE));
  });
}

/** `key` names the list to read, in a file that has one for each split. */
export async function openJson(path: string, format: TableFormat = {}, key?: string): Promise<Table> {
  const file = await openTextFile(path, format.encoding);
  if (key !== undefined) return openList(file, key);
  const start = file.head.toString("latin1").trimStart();
  if (start.startsWith("{") && (await isOneObject(file))) return openWrapped(file);
  const isList = !start.startsWith("{");
  if (isList && start !== "" && !start.startsWith("["))
    throw new AttuneError("data/json", `${path}, line 1: this is not JSON; a table is a list of objects`);
  return tableOf(file, "line", isList ? [] : ["one object after the other"], async function* () {
    if (start === "") return;
    for await (const values of jsonValues(file, isList))
      yield values.map((value) => objectOf(path, value, ELEMENT_ADVICE));
  });
}

async function tableOf(
  file: TextFile,
  unit: Table["unit"],
  found: readonly string[],
  batches: Batches,
): Promise<Table> {
  const first: JsonRow[] = [];
  for await (const batch of batches()) {
    first.push(...batch.slice(0, SAMPLE_ROWS - first.length));
    if (first.length === SAMPLE_ROWS) break;
  }
  const columns = [...new Set(first.flatMap(({ values }) => Object.keys(values)))];
  const pick = ({ place, values }: JsonRow, wanted: readonly string[]): Row => ({
    place,
    values: wanted.map((name) => (Object.hasOwn(values, name) ? values[name] : undefined)),
  });
  return {
    path: file.path,
    columns,
    unit,
    textOnly: false,
    found: [...found, ...(file.encoding === "utf-8" ? [] : [file.encoding.toUpperCase()])],
    sample: first.map((row) => pick(row, columns)),
    classNames: () => undefined,
    async *rows(wanted) {
      for await (const batch of batches()) if (batch.length > 0) yield batch.map((row) => pick(row, wanted));
    },
  };
}

const LINE_ADVICE = 'each line must be an object like {"text": "…", "label": "…"}';
const ELEMENT_ADVICE = 'each element must be an object like {"text": "…", "label": "…"}';

async function* linesOf(file: TextFile): AsyncGenerator<readonly JsonValue[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let line = 1;
  for await (const chunk of file.chunks()) {
    const values: JsonValue[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const bytes = chunk.subarray(start, end);
      const text = (rest.length > 0 ? Buffer.concat([...rest, bytes]) : bytes).toString("utf8");
      rest = [];
      restBytes = 0;
      if (text.trim() !== "") values.push({ text, line });
      start = end + 1;
      line++;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    requireHolds(file.path, line, restBytes);
    yield values;
  }
  const text = Buffer.concat(rest).toString("utf8");
  if (text.trim() !== "") yield [{ text, line }];
}

function objectOf(path: string, { text, line }: JsonValue, advice: string): JsonRow {
  const where = placeOf({ path, unit: "line" }, line);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AttuneError("data/json", `${where}: this is not JSON (${(cause as Error).message})`, "input", { cause });
  }
  if (!isObject(value)) throw new AttuneError("data/json", `${where}: ${advice}`);
  return { place: line, values: value };
}

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether nothing follows the first object. */
async function isOneObject(file: TextFile): Promise<boolean> {
  let count = 0;
  for await (const values of jsonValues(file, false)) {
    count += values.length;
    if (count > 1) return false;
  }
  return true;
}

/** The rows of one list: objects, or lists of cells, whose columns are called by their numbers. */
async function openList(file: TextFile, key: string): Promise<Table> {
  const path = nameOfPart(file.path, key);
  const { values: whole } = objectOf(file.path, { text: (await allText(file)).trim(), line: 1 }, ELEMENT_ADVICE);
  const rows = (whole[key] as readonly unknown[]).map((row, i) => {
    if (Array.isArray(row))
      return { place: i + 1, values: Object.fromEntries(row.map((cell, k) => [String(k + 1), cell])) };
    if (isObject(row)) return { place: i + 1, values: row };
    throw new AttuneError(
      "data/json",
      `${placeOf({ path, unit: "row" }, i + 1)}: ${ELEMENT_ADVICE}, or a list like ["…", "…"]`,
    );
  });
  return tableOf({ ...file, path }, "row", [], async function* () {
    yield rows;
  });
}

/** An object with one list of objects in it, as SQuAD has it, or a single row. */
async function openWrapped(file: TextFile): Promise<Table> {
  const { path } = file;
  const { values: whole } = objectOf(path, { text: (await allText(file)).trim(), line: 1 }, ELEMENT_ADVICE);
  const lists = Object.entries(whole).filter(([, value]) => Array.isArray(value) && value.every(isObject));
  const [list] = lists;
  if (list && lists.length === 1) {
    const rows = (list[1] as Values[]).map((values, i) => ({ place: i + 1, values }));
    return tableOf(file, "row", [`rows from "${list[0]}"`], async function* () {
      yield rows;
    });
  }
  if (Object.values(whole).some((value) => typeof value === "object" && value !== null))
    throw new AttuneError(
      "data/json",
      `${path}, line 1: this is one object, not a list of rows; save it as a list of objects (in pandas: orient="records")`,
    );
  return tableOf(file, "line", [], async function* () {
    yield [{ place: 1, values: whole }];
  });
}

async function allText(file: TextFile): Promise<string> {
  if (file.isWhole) return file.head.toString("utf8");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file.chunks()) {
    chunks.push(chunk);
    bytes += chunk.length;
    requireHolds(file.path, 1, bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
