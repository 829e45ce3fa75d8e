import { expect, test } from "vitest";
import { abbreviated, memory, probability, signed, smallPercent, timeSpan } from "../../../src/base/format.ts";

test("times keep the unit that they are told in", () => {
  expect([0, 2.44, 9.96, 59.6, 1128, 3599.7, 7321].map(timeSpan)).toEqual([
    "0.0 s",
    "2.4 s",
    "10 s",
    "1 min 00 s",
    "18 min 48 s",
    "1 h 00 min",
    "2 h 02 min",
  ]);
});

test("counts have three figures, bytes a unit that fits", () => {
  expect([0, 12, 999, 1000, 2310, 370437, 22715526, 2.73e9].map(abbreviated)).toEqual([
    "0",
    "12",
    "999",
    "1 k",
    "2.31 k",
    "370 k",
    "22.7 M",
    "2.73 G",
  ]);
  expect([0, 999, 11_000, 999_600, 1.24e6, 9.96e6, 640e6, 2.1e9].map(memory)).toEqual([
    "0 kB",
    "1 kB",
    "11 kB",
    "1.0 MB",
    "1.2 MB",
    "10 MB",
    "640 MB",
    "2.1 GB",
  ]);
});

test("shares, differences and probabilities", () => {
  expect([0, 0.0001017, 0.00096, 0.5].map(smallPercent)).toEqual(["0.0 %", "0.010 %", "0.1 %", "50.0 %"]);
  expect([0.01234, -0.04].map(signed)).toEqual(["+0.0123", "−0.0400"]);
  expect([0.0009, 0.0344, 0.0496, 0.78].map(probability)).toEqual(["p < 0.001", "p = 0.034", "p = 0.050", "p = 0.78"]);
});
