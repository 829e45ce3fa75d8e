/** Where the labels of a plot's points stand: none over another, over a point, or outside. */

export interface PlacedPoint {
  /** Of the point, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Of its label. */
  readonly width: number;
}

export interface Place {
  /** The middle of the label. */
  readonly x: number;
  readonly y: number;
  /** Whether it stands so far away that a line must lead to it. */
  readonly isAway: boolean;
}

interface Box {
  readonly x: number;
  readonly y: number;
  /** Half of width and height. */
  readonly w: number;
  readonly h: number;
}

const HALF_HEIGHT = 7;
const POINT = 7;
/** From the edge of a point to that of its label; all but the first need a line. */
const DISTANCES = [2, 14, 26, 40, 56, 74];
const DIRECTIONS = Array.from({ length: 16 }, (_, i) => (i * Math.PI) / 8);

const meet = (a: Box, b: Box): boolean => Math.abs(a.x - b.x) < a.w + b.w && Math.abs(a.y - b.y) < a.h + b.h;

/** The first place that is free, nearest first, in the order of the points; undefined where there is none. */
export function placeLabels(
  points: readonly PlacedPoint[],
  area: { readonly width: number; readonly height: number },
): (Place | undefined)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ x, y, w: POINT, h: POINT }));
  return points.map((point) => {
    const found = candidates(point).find(({ box, lead }) => {
      const isInside =
        box.x - box.w >= 0 && box.x + box.w <= area.width && box.y - box.h >= 0 && box.y + box.h <= area.height;
      return (
        isInside && !taken.some((other) => meet(box, other)) && !lead.some((spot) => taken.some((o) => meet(spot, o)))
      );
    });
    if (!found) return undefined;
    taken.push(found.box, ...found.lead);
    return { x: found.box.x, y: found.box.y, isAway: found.isAway };
  });
}

function candidates({
  x,
  y,
  width,
}: PlacedPoint): { readonly box: Box; readonly lead: readonly Box[]; readonly isAway: boolean }[] {
  return DISTANCES.flatMap((distance, ring) =>
    DIRECTIONS.map((angle) => {
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
      const box = {
        x: x + dx * (POINT + distance + width / 2),
        y: y + dy * (POINT + distance + HALF_HEIGHT),
        w: width / 2,
        h: HALF_HEIGHT,
      };
      const steps = ring === 0 ? [] : [0.4, 0.55, 0.7];
      const lead = steps.map((share) => ({ x: x + share * (box.x - x), y: y + share * (box.y - y), w: 1, h: 1 }));
      const own: Box = { x, y, w: POINT, h: POINT };
      return { box, lead: lead.filter((spot) => !meet(spot, own) && !meet(spot, box)), isAway: ring > 0 };
    }),
  );
}
