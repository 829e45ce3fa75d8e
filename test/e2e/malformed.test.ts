/** Every kind of malformed input at the real command line; `test/unit/tables/malformed.test.ts` has 500 of them. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flagOf } from "../../src/base/command-text.ts";
import { tinyModel } from "../tiny.ts";
import { type Malformed, malformed } from "../unit/tables/malformed.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow } from "./attune.ts";

const { folder } = scratchFolder();
const model = tinyModel(folder({}));
const ALL = malformed(500);
const KINDS = new Set(ALL.map(({ kind }) => kind)).size;

const train = (data: string) => ["train", "--model", model, "--data", data, "--out", "new"];
const inspect = (data: string) => ["inspect", data];

/** One of each kind to train on, and others to look at: as many as take seconds. */
const cases: readonly (readonly [command: string, kind: string, args: (data: string) => string[], given: Malformed])[] =
  [
    ...ALL.slice(0, KINDS).map((given) => ["train", given.kind, train, given] as const),
    ...ALL.slice(-8).map((given) => ["inspect", given.kind, inspect, given] as const),
  ];

describe.concurrent("is refused in one sentence with exit code 2, and nothing is written", () => {
  test.each(cases)("%s: %s", async (_, __, args, { files, file, options = {}, says }) => {
    const cwd = folder(Object.fromEntries(Object.entries(files).map(([name, content]) => [join("in", name), content])));
    const before = filesBelow(cwd);
    const flags = Object.entries(options).flatMap(([key, value]) => [flagOf(key), String(value)]);
    const { code, stdout, stderr } = await attune([...args(file ? join("in", file) : "in"), ...flags], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^attune: [^\n]{20,600}\n$/);
    for (const part of says) expect(stderr).toContain(part);
    expect(stderr).not.toMatch(/undefined:|\[object|fault| at .*:\d+:\d+/);
    expect(filesBelow(cwd)).toEqual(before);
  });
});
