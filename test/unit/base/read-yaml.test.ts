import { expect, test, vi } from "vitest";
import { parseYaml } from "../../../src/base/read-yaml.ts";

const problem = (what: string, line: number | undefined) => new RangeError(`${line}: ${what}`);
const parse = (text: string) => parseYaml(text, problem).value;

test("values come back, and tags that nobody knows say nothing on the terminal", () => {
  const warn = vi.spyOn(process, "emitWarning");
  expect(parse("a: !!features [1]\nb: !x y")).toEqual({ a: [1], b: "y" });
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
for (const [i, name] of [..."bcdefgh"].entries()) bomb.push(`${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`)}]`);

test.each([
  ["a: [1\nb: 2", /^2: /],
  ["a: 1\na: 2", /^2: Map keys must be unique/],
  ["a: *nothing", /Unresolved alias/],
  [bomb.join("\n"), /^undefined: Excessive alias count/],
])("%s is a problem", (text, message) => {
  expect(() => parse(text)).toThrow(RangeError);
  expect(() => parse(text)).toThrow(message);
});
