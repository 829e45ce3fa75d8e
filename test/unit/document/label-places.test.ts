import fc from "fast-check";
import { expect, test } from "vitest";
import { placeLabels } from "../../../src/document/label-places.ts";

const area = { width: 428, height: 284 };
const point = fc.record({
  x: fc.integer({ min: 0, max: 428 }),
  y: fc.integer({ min: 0, max: 284 }),
  width: fc.constant(40),
});

test("no label stands over another, over a point, or outside", () => {
  fc.assert(
    fc.property(fc.array(point, { maxLength: 24 }), (points) => {
      const places = placeLabels(points, area).filter((place) => place !== undefined);
      for (const [i, a] of places.entries()) {
        expect(a.x >= 20 && a.x <= 408 && a.y >= 7 && a.y <= 277).toBe(true);
        for (const b of places.slice(i + 1)) expect(Math.abs(a.x - b.x) < 40 && Math.abs(a.y - b.y) < 14).toBe(false);
        for (const { x, y } of points) expect(Math.abs(a.x - x) < 27 && Math.abs(a.y - y) < 14).toBe(false);
      }
    }),
  );
});

test("a point with room has its label at its side, and a crowd of ten has all of its own", () => {
  expect(placeLabels([{ x: 200, y: 100, width: 40 }], area)).toEqual([{ x: 229, y: 100, isAway: false }]);
  const crowd = Array.from({ length: 10 }, (_, i) => ({ x: 200 + 3 * i, y: 140, width: 24 }));
  expect(placeLabels(crowd, area).every((place) => place !== undefined)).toBe(true);
});
