/** Which texts name something on the Hub, and which a path here. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { parseReference } from "../../../src/hub/repository-name.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const here = folder({ "models/bert/config.json": "{}" });

test.each<[string, string | undefined, object]>([
  ["org/name", undefined, { name: "org/name", revision: "main" }],
  ["org/name@v1.0", undefined, { name: "org/name", revision: "v1.0" }],
  ["org/name@refs/pr/3", undefined, { name: "org/name", revision: "refs/pr/3" }],
  ["org/name", "a1b2c3", { name: "org/name", revision: "a1b2c3" }],
  ["org/name@v1", "v1", { name: "org/name", revision: "v1" }],
  ["hf://org/name@v1", undefined, { name: "org/name", revision: "v1" }],
  ["hf://models/org/name", undefined, { name: "org/name", revision: "main" }],
  ["hf://models/bert", undefined, { name: "models/bert", revision: "main" }],
  ["hf://test/unit", undefined, { name: "test/unit", revision: "main" }],
  ["Org-1.x/na_me.v2", undefined, { name: "Org-1.x/na_me.v2", revision: "main" }],
])("%s with %s is on the Hub", (text, revision, expected) => {
  expect(parseReference(text, "model", revision)).toEqual({ kind: "model", ...expected });
});

test.each([
  "model",
  "./org/name",
  "../org/name",
  "/org/name",
  "a/b/c",
  "reviews/train.csv",
  "C:\\models\\bert",
  "~/bert",
  "a b/c",
])("%s is a path", (text) => {
  expect(parseReference(text, "dataset")).toBeUndefined();
});

test("what exists here counts more than a name there", () => {
  const path = relative(process.cwd(), here);
  expect(parseReference(path, "model")).toBeUndefined();
  expect(parseReference("test/unit", "model")).toBeUndefined();
});

test("a mistyped path is not asked for on the Hub", async () => {
  mkdirSync(join(here, "data"));
  expect(await inputError(() => parseReference("test/unti", "dataset"))).toBe(
    "test/unti: there is a folder test here without that in it, so this is perhaps a mistyped path; if it is the name of a dataset on the Hub, write hf://test/unti",
  );
});

test.each<[string, string | undefined, RegExp]>([
  ["org/name@v1", "v2", /^org\/name@v1 and --revision v2 are two revisions; give one of them$/],
  [
    "./org/name",
    "v2",
    /^--revision goes with a name on the Hub, and \.\/org\/name is a path here; leave --revision out/,
  ],
  ["hf://name", undefined, /^"hf:\/\/name" is not the name of a model on the Hub; write it like org\/name@revision$/],
  ["hf://datasets/org/name", undefined, /is not the name of a model/],
  ["org/name", "../../etc", /"\.\.\/\.\.\/etc" is not a branch, a tag or a commit$/],
  ["org/name@a/../../b", undefined, /is not a branch/],
])("%s with %s is refused", async (text, revision, message) => {
  expect(await inputError(() => parseReference(text, "model", revision, "--revision"))).toMatch(message);
});
