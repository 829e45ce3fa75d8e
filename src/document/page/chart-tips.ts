/** Shows a chart's values at once, where the browser alone would wait, or not at all on a phone. */
import { element } from "./elements.ts";

interface Point {
  readonly shape: Element;
  readonly said: string;
}

/** Within so many pixels of a point, its value is shown. */
const REACH = 18;

/** Without it, or where a policy forbids it, the titles in the pictures still say the same. */
export function startChartTips(): void {
  const tip = element("div", { class: "tip", hidden: "" });
  document.body.append(tip);
  const known = new WeakMap<Element, readonly Point[]>();
  const pointsOf = (svg: Element): readonly Point[] => {
    const points = known.get(svg) ?? [...svg.querySelectorAll("title")].map(takeTitle);
    known.set(svg, points);
    return points;
  };
  const show = (event: PointerEvent): void => {
    const svg = (event.target as Element).closest?.("figure svg");
    const point = svg && nearest(pointsOf(svg), event.clientX, event.clientY);
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = point.said;
    const box = point.shape.getBoundingClientRect();
    const half = tip.offsetWidth / 2 + 8;
    const middle = Math.max((box.left + box.right) / 2, half);
    tip.style.left = `${Math.min(middle, document.documentElement.clientWidth - half)}px`;
    const above = Math.min(box.top, event.clientY) - tip.offsetHeight - 10;
    tip.style.top = `${above > 4 ? above : Math.max(box.bottom, event.clientY) + 14}px`;
  };
  addEventListener("pointermove", show, { passive: true });
  addEventListener("pointerdown", show, { passive: true });
  addEventListener("scroll", () => (tip.hidden = true), { passive: true });
}

/** The title of a shape goes, or the browser would show it, too; the picture as a whole says in words what it shows. */
function takeTitle(title: Element): Point {
  const shape = title.parentElement!;
  const said = title.textContent ?? "";
  title.remove();
  return { shape, said };
}

function nearest(points: readonly Point[], x: number, y: number): Point | undefined {
  let found: Point | undefined;
  let least = REACH;
  for (const point of points) {
    const box = point.shape.getBoundingClientRect();
    const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    const away = Math.hypot(x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2);
    if (isInside && box.width > REACH) return point;
    if (away < least) {
      least = away;
      found = point;
    }
  }
  return found;
}
