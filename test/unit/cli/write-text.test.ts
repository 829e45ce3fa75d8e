import { expect, test } from "vitest";
import { jsonText } from "../../../src/base/escape.ts";
import { jsonOf } from "../../../src/classifier/write-predictions.ts";
import { lineOf } from "../../../src/cli/prediction-lines.ts";
import { harmless } from "../../../src/cli/write-text.ts";

test.each([
  ["clear \u001b[2J screen", "clear \ufffd[2J screen"],
  ["title \u001b]0;owned\u0007", "title \ufffd]0;owned\ufffd"],
  ["link \u001b]8;;http://x\u001b\\", "link \ufffd]8;;http://x\ufffd\\"],
  ["C1 \u009b2J", "C1 \ufffd2J"],
  ["over\rwritten, back\b\b, DEL \u007f, NUL \u0000", "over\ufffdwritten, back\ufffd\ufffd, DEL \ufffd, NUL \ufffd"],
  ["colours \u001b[1;31mred\u001b[0m\tand lines\r\nstay\n", "colours \u001b[1;31mred\u001b[0m\tand lines\nstay\n"],
  ["words in any script: Ünï 中文 🎉 שלום", "words in any script: Ünï 中文 🎉 שלום"],
])("%j", (text, expected) => {
  expect(harmless(text)).toBe(expected);
});

test("JSON keeps what it means", () => {
  const value = { text: "\u001b[2J \u009b2J \u007f é", "\u0085": 1 };
  const written = jsonText(value);
  expect(JSON.parse(written)).toEqual(value);
  expect(harmless(written)).toBe(written);
});

test("predictions: what a text or label holds steers nothing", () => {
  const label = "a\u001b[2J";
  const prediction = { label, scores: [{ label, probability: 1 }], probabilities: { [label]: 1 }, logits: [0] };
  expect(harmless(lineOf("x\u001b]0;y\u0007", prediction))).toBe("a\ufffd[2J\t100.0 %\tx\ufffd]0;y\ufffd");
  const written = jsonOf("x\u009b2J", prediction);
  expect(harmless(written)).toBe(written);
  expect(JSON.parse(written).text).toBe("x\u009b2J");
});
