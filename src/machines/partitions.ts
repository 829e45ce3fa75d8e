/** Data in many files, of a folder or of S3: which they are, and which file the predictions for each become. */
import { existsSync } from "node:fs";
import { basename, posix } from "node:path";
import { AttuneError } from "../base/error.ts";
import { isS3, openStore } from "../store/open-store.ts";
import { matchesPattern } from "../tables/file-pattern.ts";
import { tableEnding, uncompressedName } from "../tables/open-table.ts";

export interface Partition {
  /** Path or `s3://` address of a table. */
  readonly data: string;
  /** Of its predictions. */
  readonly out: string;
}

/** What stands for the name of a file without its ending. */
const NAME = "*";
/** Beside the data, where nothing is said, or in the folder that is. */
const RESULT = `${NAME}.predictions.csv`;
const WILD = /[*?[]/;

/** Whether data are files by a pattern, or in S3, and not one path here. */
export const isPartitioned = (data: string): boolean => isS3(data) || (WILD.test(data) && !existsSync(data));

/**
 * The files that fit a pattern, in name order, and whether their results are there. Results that fit the pattern as well are
 * none of its files.
 *
 * @param out folder or `s3://bucket/prefix` of the results; with a `*` in its last part, their name, in which `*` is that of the
 * file without its ending. By default `*.predictions.csv` beside the file.
 * @throws AttuneError where no file fits, or two would become the same result
 */
export async function findPartitions(
  data: string,
  out?: string,
): Promise<{ readonly waiting: readonly Partition[]; readonly done: readonly Partition[] }> {
  const { root, below } = splitPattern(data);
  const start = below.slice(0, WILD.exec(below)?.index ?? below.length);
  const keys = (await (await openStore(root)).list(start)).filter((key) => matchesPattern(key, below)).sort();
  const { folder, name } = placeOf(out ?? root);
  const all = keys.map((key) => ({ data: joined(root, key), key: outOf(key, name) }));
  const results = new Set(all.map(({ key }) => joined(folder, key)));
  const isResult = (path: string) => results.has(path) || (name === RESULT && path.endsWith(RESULT.replace(NAME, "")));
  const partitions = all.filter((one) => !isResult(one.data));
  if (partitions.length === 0) throw new AttuneError("data/missing", `${data}: there is no such file`);
  const from = new Map<string, string>();
  for (const one of partitions) {
    const other = from.get(one.key);
    if (other !== undefined)
      throw new AttuneError(
        "predict/same-result",
        `${other} and ${one.data} would both become ${joined(folder, one.key)}; narrow the pattern, or take them one after the other`,
      );
    from.set(one.key, one.data);
  }
  const there = new Set(await (await openStore(folder)).list(""));
  const sorted = (isDone: boolean) =>
    partitions
      .filter(({ key }) => there.has(key) === isDone)
      .map((one): Partition => ({ data: one.data, out: joined(folder, one.key) }));
  return { waiting: sorted(false), done: sorted(true) };
}

/** The folder below which a pattern looks, and the rest of it. */
function splitPattern(pattern: string): { readonly root: string; readonly below: string } {
  const wild = WILD.exec(pattern)?.index ?? pattern.length;
  const end = pattern.lastIndexOf("/", wild);
  if (isS3(pattern) && end < "s3://b/".length - 1)
    throw new AttuneError("store/address", `${pattern}: files in S3 are named s3://bucket/prefix/part-*.parquet`);
  return { root: end < 0 ? "." : pattern.slice(0, end) || "/", below: pattern.slice(end + 1) };
}

function placeOf(out: string): { readonly folder: string; readonly name: string } {
  const end = out.lastIndexOf("/");
  const last = out.slice(end + 1);
  if (!last.includes(NAME) && !out.includes(NAME)) return { folder: out.replace(/(?<=[^/])\/+$/, ""), name: RESULT };
  if (last.split(NAME).length !== 2 || out.slice(0, end + 1).includes(NAME))
    throw new AttuneError("options/value", `--out cannot be ${out}: a ${NAME} stands once, in its last part`);
  return { folder: end < 0 ? "." : out.slice(0, end) || "/", name: last };
}

function outOf(key: string, name: string): string {
  const whole = basename(uncompressedName(key));
  const stem = whole.slice(0, whole.length - tableEnding(key).length);
  return posix.join(
    posix.dirname(key),
    name.replace(NAME, () => stem),
  );
}

const joined = (folder: string, key: string): string => (isS3(folder) ? `${folder}/${key}` : posix.join(folder, key));
