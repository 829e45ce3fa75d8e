/** Data in many files: which they are, what each becomes, and that a result counts once. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { attemptPartition } from "../../../src/machines/partition-attempt.ts";
import { findPartitions, isPartitioned } from "../../../src/machines/partitions.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();

test("files by a pattern or in S3 are several, and what is there by its name is one", () => {
  const folder = scratch.folder({ "a[1].csv": "", "b.csv": "" });
  expect(isPartitioned(join(folder, "a[1].csv"))).toBe(false);
  expect(isPartitioned(join(folder, "b.csv"))).toBe(false);
  expect(isPartitioned(join(folder, "*.csv"))).toBe(true);
  expect(isPartitioned("s3://bucket/b.csv")).toBe(true);
  expect(isPartitioned("org/name")).toBe(false);
});

test("each file has its result beside it, which is none of the files and is not made again", async () => {
  const folder = scratch.folder({
    "p-1.csv": "",
    "p-2.csv.gz": "",
    "p-2.predictions.csv": "",
    "other.csv": "",
    "sub/p-3.csv": "",
  });
  const at = (name: string) => join(folder, name);
  expect(await findPartitions(at("p-*"))).toEqual({
    waiting: [{ data: at("p-1.csv"), out: at("p-1.predictions.csv") }],
    done: [{ data: at("p-2.csv.gz"), out: at("p-2.predictions.csv") }],
  });
  const { waiting } = await findPartitions(at("**/p-*.csv"));
  expect(waiting.map(({ data }) => data)).toEqual([at("p-1.csv"), at("sub/p-3.csv")]);
});

test("results go where they are asked to go, in the folders of their files", async () => {
  const folder = scratch.folder({ "a/x.parquet": "", "b/x.parquet": "" });
  const outs = async (out?: string) =>
    (await findPartitions(join(folder, "*/x.parquet"), out)).waiting.map((one) => one.out);
  expect(await outs("/results/")).toEqual(["/results/a/x.predictions.csv", "/results/b/x.predictions.csv"]);
  expect(await outs("/results/labels-*.jsonl")).toEqual(["/results/a/labels-x.jsonl", "/results/b/labels-x.jsonl"]);
  expect(await inputError(() => outs("/results/*/x.csv"))).toBe(
    "--out cannot be /results/*/x.csv: a * stands once, in its last part",
  );
});

test("no file, and two that would become one, are errors", async () => {
  const folder = scratch.folder({ "x.csv": "", "x.tsv": "" });
  expect(await inputError(() => findPartitions(join(folder, "y*")))).toBe(`${folder}/y*: there is no such file`);
  expect(await inputError(() => findPartitions(join(folder, "x*")))).toBe(
    `${folder}/x.csv and ${folder}/x.tsv would both become ${folder}/x.predictions.csv; narrow the pattern, or take them one after the other`,
  );
});

test("of two attempts at a file the first counts, and neither leaves anything", async () => {
  const [folder, work] = [scratch.folder({ "x.csv": "text\na" }), scratch.folder({})];
  const partition = { data: join(folder, "x.csv"), out: join(folder, "out/x.csv") };
  const attempt = (text: string) =>
    attemptPartition(partition, work, async (data, out) => {
      expect(readFileSync(data, "utf8")).toBe("text\na");
      writeFileSync(out, text);
      return true;
    });
  expect(await Promise.all([attempt("first"), attempt("second")])).toContain(true);
  const kept = readFileSync(partition.out, "utf8");
  expect(await attempt("third")).toBe(false);
  expect(readFileSync(partition.out, "utf8")).toBe(kept);
  expect(await attemptPartition({ ...partition, out: join(folder, "stopped.csv") }, work, async () => false)).toBe(
    undefined,
  );
  expect([readdirSync(work), existsSync(join(folder, "stopped.csv"))]).toEqual([[], false]);
});

test("an error names the file", async () => {
  const folder = scratch.folder({ "x.csv": "" });
  const partition = { data: join(folder, "x.csv"), out: join(folder, "x.out.csv") };
  const failing = (message: (out: string) => string) =>
    inputError(() =>
      attemptPartition(partition, scratch.folder({}), async (_, out) => {
        throw new AttuneError("data/empty", message(out));
      }),
    );
  expect(await failing((out) => `${out}: no place`)).toBe(`${partition.data}: ${partition.out}: no place`);
  expect(await failing(() => `${partition.data}: there are no rows`)).toBe(`${partition.data}: there are no rows`);
});
