/** What is called like a table or a model and is a named pipe, or never ends: refused, and nobody waits. */
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfigFile } from "../../../src/cli/config-file.ts";
import { readStudy } from "../../../src/comparison/read-study.ts";
import { readCorpus } from "../../../src/pretrain/corpus.ts";
import { readPlanFile } from "../../../src/study/plan-file.ts";
import { openTable } from "../../../src/tables/open-table.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { openWeights } from "../../../src/weights/weight-files.ts";
import { inputError, scratchFolder } from "./scratch.ts";

const { folder } = scratchFolder();

const readers: Readonly<Record<string, (path: string, folder: string) => unknown>> = {
  "a.csv": (path) => openTable(path),
  "a.txt": (path) => openTable(path),
  "a.jsonl": (path) => openTable(path),
  "a.json": (path) => openTable(path),
  "a.parquet": (path) => openTable(path),
  "a.yaml": readPlanFile,
  "b.yaml": readConfigFile,
  "corpus.txt": (path) => readCorpus({ path, column: "text" }),
  "model.safetensors": (_, at) => openWeights(at),
  "pytorch_model.bin": (_, at) => openWeights(at),
  "tokenizer.json": (_, at) => loadTokenizer(at),
  "vocab.txt": (_, at) => loadTokenizer(at),
  "study.json": (_, at) => readStudy(at),
};

describe.runIf(process.platform !== "win32")("a named pipe is not waited for", () => {
  test.each(Object.entries(readers))("%s", async (name, read) => {
    const at = folder({});
    expect(spawnSync("mkfifo", [join(at, name)]).status).toBe(0);
    const message = await inputError(() => read(join(at, name), at));
    expect(message).toMatch(/not a regular file|no file of this folder|there (is|are) no|is no study/);
  });

  test("/dev/zero is no table", async () => {
    const at = folder({});
    expect(spawnSync("ln", ["-s", "/dev/zero", join(at, "a.csv")]).status).toBe(0);
    expect(await inputError(() => openTable(join(at, "a.csv")))).toMatch(/not a regular file/);
  });
});

test.each([
  ["a.jsonl", '{"text":"'],
  ["a.json", '[{"text":"'],
])("%s with a value of 300 MB is refused with its line", async (name, start) => {
  const at = folder({});
  mkdirSync(at, { recursive: true });
  const path = join(at, name);
  writeSync(openSync(path, "w"), start);
  truncateSync(path, 300 * 1024 * 1024);
  expect(await inputError(() => openTable(path))).toMatch(/, line 1: what begins here is longer than 256 MB/);
});
