import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { AttuneError } from "../../../src/base/error.ts";
import { readJson } from "../../../src/base/read-json.ts";

const folder = mkdtempSync(join(tmpdir(), "attune-read-json-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "it.json");
const shape = z.looseObject({
  name: z.string(),
  sizes: z.array(z.looseObject({ width: z.int().positive() })),
  mode: z.enum(["a", "b"]).optional(),
});
const read = () => readJson(file, shape, { code: "it/broken", advice: "write it anew" });
const errorOf = (content: string | Uint8Array): string => {
  writeFileSync(file, content);
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    expect((error as AttuneError).code).toBe("it/broken");
    return (error as AttuneError).message.replace(file, "FILE");
  }
  throw new Error("nothing was thrown");
};

test("what a file holds comes back as it is, in its order, with keys that nobody asked for", () => {
  const text = '{"zoo":1,"sizes":[{"width":3,"x":null}],"name":"n","__proto__":{"a":1}}';
  writeFileSync(file, text);
  expect(JSON.stringify(read())).toBe(text);
});

test.each([
  ["", /^FILE: this is not JSON \(.*\); write it anew$/],
  ["{", /^FILE: this is not JSON \(.*\); write it anew$/],
  ["null", /^FILE: this is not a JSON object; write it anew$/],
  ["[1]", /^FILE: this is not a JSON object; write it anew$/],
  ["7", /^FILE: this is not a JSON object; write it anew$/],
  ['{"name":5,"sizes":[]}', /^FILE: "name" cannot be used: it is 5, and must be text; write it anew$/],
  ['{"name":"n"}', /^FILE: "sizes" cannot be used: it is missing, and must be a JSON list; write it anew$/],
  [
    '{"name":"n","sizes":[{"width":3},{"width":1.5}]}',
    /"sizes\.1\.width" cannot be used: it is 1\.5, and must be a whole number/,
  ],
  ['{"name":"n","sizes":[{"width":0}]}', /"sizes\.0\.width" cannot be used: it is 0, and must be more than 0/],
  ['{"name":"n","sizes":[null]}', /"sizes\.0" cannot be used: it is null, and must be a JSON object/],
  ['{"name":"n","sizes":[],"mode":"c"}', /"mode" cannot be used: it is "c", and must be "a" or "b"/],
  [
    `{"name":${"[".repeat(100_000)}${"]".repeat(100_000)},"sizes":[]}`,
    /^FILE: it is nested more than 256 deep; write it anew$/,
  ],
  [
    `{"name":[${'"x",'.repeat(1000)}"x"],"sizes":[]}`,
    /^FILE: "name" cannot be used: it is \["x".{70,90} …, and must be text; write it anew$/,
  ],
])("%.40s", (content, message) => {
  expect(errorOf(content)).toMatch(message);
});

test("a file that no text can hold, a folder and a pipe are refused before they are read", () => {
  writeFileSync(file, "");
  truncateSync(file, 600 * 1024 * 1024); // A hole: it takes no space.
  expect(() => read()).toThrow(`${file}: it has 629145600 bytes, and no file of its kind is as large; write it anew`);
  rmSync(file);
  expect(() => read()).toThrow(`${file}: cannot be read (ENOENT`);
  mkdirSync(file);
  expect(() => read()).toThrow(`${file}: this is not a regular file; write it anew`);
  rmSync(file, { recursive: true });
  if (spawnSync("mkfifo", [file]).status !== 0) return; // Windows has none.
  expect(() => read()).toThrow(`${file}: this is not a regular file; write it anew`);
});
