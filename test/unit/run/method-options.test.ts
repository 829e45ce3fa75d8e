import { expect, test } from "vitest";
import { resolveOptions, type TrainOptions } from "../../../src/run/train-options.ts";
import { inputError } from "../tables/scratch.ts";

const given = { model: "m", data: "d", out: "o" };
const messageOf = (options: object) => inputError(() => resolveOptions({ ...given, ...options }, (key) => `--${key}`));

test("options of the method stand among the others, with its defaults", () => {
  expect(resolveOptions({ ...given, method: "lora", rank: 4 })).toMatchObject({
    method: "lora",
    rank: 4,
    alpha: 16,
    targets: ["query", "value"],
    epochs: 3,
  });
  expect(resolveOptions(given)).not.toHaveProperty("rank");
});

test("a foreign option is named with its methods and the one chosen", async () => {
  expect(await messageOf({ rank: 8 })).toBe('--rank is an option of "lora"; the method here is "full"');
  expect(await messageOf({ method: "lora", virtualTokens: 8 })).toBe(
    '--virtualTokens is an option of "prompt" and "prefix"; the method here is "lora"',
  );
});

test("an unknown option is guessed", async () => {
  expect(await messageOf({ method: "lora", rnak: 8 })).toBe("there is no option --rnak; did you mean --rank?");
});

test("bounds are those of the method", async () => {
  expect(await messageOf({ method: "lora", rank: 0 })).toBe("--rank cannot be 0: it must be more than 0");
  expect(await messageOf({ method: "lora", bias: "some" })).toContain('it must be "none", "all" or "lora_only"');
});

test("a wrong method explains everything else", async () => {
  expect(await messageOf({ method: "lorra", rank: 8 })).toContain(
    '--method cannot be "lorra": it must be "none", "full"',
  );
});

test("TypeScript knows which options go with which method", () => {
  const typed: TrainOptions[] = [
    given,
    { ...given, method: "lora", rank: 8 },
    { ...given, method: "prompt", initText: "a" },
    // @ts-expect-error: rank is not an option of prompt
    { ...given, method: "prompt", rank: 8 },
  ];
  expect(typed).toHaveLength(4);
});
