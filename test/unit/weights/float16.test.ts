import fc from "fast-check";
import { expect, test } from "vitest";
import { toFloat16 } from "../../../src/weights/float16.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();

/** Bits of known halves: IEEE 754-2008, and NumPy's float16 of the same numbers. */
const known: readonly (readonly [number, number])[] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65519.99609375, 0x7bff],
  [65520, 0x7c00],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [1.5 * 2 ** -25, 0x0001],
  [2 ** -14 - 2 ** -25, 0x0400],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [1 + 2 ** -11 + 2 ** -20, 0x3c01],
  [0.1, 0x2e66],
];

test.each(known)("%d is the half 0x%s", (value, bits) => {
  expect(toFloat16(Float32Array.of(value))[0]).toBe(bits);
});

test("what is not a number stays so", () => {
  const [bits] = toFloat16(Float32Array.of(Number.NaN));
  expect((bits! & 0x7c00) === 0x7c00 && (bits! & 0x3ff) !== 0).toBe(true);
});

test("written and read again, numbers are off by at most half of a last place", () => {
  const file = scratch.file("half.safetensors", "");
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -65504, max: 65504 }), { minLength: 1, maxLength: 50 }),
      (values) => {
        const data = Float32Array.from(values);
        writeSafetensors(file, [{ name: "x", shape: [data.length], data: toFloat16(data) }]);
        const opened = openSafetensors(file);
        const read = new Float32Array(data.length);
        opened.readFloat32("x", read);
        opened.close();
        for (const [i, value] of data.entries()) {
          const place = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(value) || 1e-9)) - 10);
          expect(Math.abs(read[i]! - value)).toBeLessThanOrEqual(place / 2);
        }
      },
    ),
    { numRuns: 200 },
  );
});
