import { expect, test } from "vitest";
import { boundedByPatterns } from "../../../src/tokens/bounded-patterns.ts";

const steps = (Regex: string) => [null, { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex } }] }];
const matching = (pattern: string, milliseconds = 100) => {
  const work = (text: string) => text.match(new RegExp(pattern, "gu"))?.length;
  return [boundedByPatterns("tokenizer.json", steps(pattern), work, milliseconds), work] as const;
};

/** Exponential, of a high power, by alternatives, by counted repetitions, by a reference to a group. */
test.each(["(a+)+$", "a*a*a*a*a*a*a*b", "(a|a)*$", "(a|aa)+$", "(a{1,40}){1,40}$", String.raw`(a*)\1\1\1\1\1b`])(
  "%s is stopped, and named",
  (pattern) => {
    const [bounded] = matching(pattern);
    const began = performance.now();
    expect(() => bounded(`${"a".repeat(3000)}c`)).toThrow(
      `tokenizer.json: its regular expression ${pattern} takes longer than 0.1 seconds for a text of 3001 characters`,
    );
    expect(performance.now() - began).toBeLessThan(5000);
  },
);

test.each([" {2,}", String.raw`\s+`, String.raw`[\p{L}\]+*]+`, String.raw`\p{Lu}`, "[(]+"])(
  "%s cannot blow up and runs as it is",
  (pattern) => {
    const [bounded, work] = matching(pattern);
    expect(bounded).toBe(work);
  },
);

test("GPT-2's own pattern gives the same words with the bound, and what is wrong inside is thrown", () => {
  const gpt2 = String.raw`'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
  const [bounded, work] = matching(gpt2, 5000);
  expect(bounded).not.toBe(work);
  expect(bounded("it's 10 cats,  or so")).toBe(work("it's 10 cats,  or so"));
  const failing = boundedByPatterns("f", steps("(a)+"), () => {
    throw new TypeError("wrong");
  });
  expect(() => failing("a")).toThrow(TypeError);
});
