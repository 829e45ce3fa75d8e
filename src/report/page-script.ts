/** The one script of a report: it shows a chart's values at once, where the browser alone would wait, or not at all on a phone. */

/** Without it, or where a policy forbids it, the titles in the pictures still say the same. */
export const pageScript = `
"use strict";
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const REACH = 18;
  const points = (svg) => (svg.points ??= [...svg.querySelectorAll("title")].map((title) => {
    const shape = title.parentNode;
    const said = title.textContent;
    title.remove();
    shape.setAttribute("aria-label", said);
    return { shape, said };
  }));
  const nearest = (svg, x, y) => {
    let found;
    let least = REACH;
    for (const point of points(svg)) {
      const box = point.shape.getBoundingClientRect();
      const inside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
      const away = Math.hypot(x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2);
      if (inside && box.width > REACH) return point;
      if (away < least) { least = away; found = point; }
    }
    return found;
  };
  const show = (event) => {
    const svg = event.target.closest?.("figure svg");
    const point = svg && nearest(svg, event.clientX, event.clientY);
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = point.said;
    const box = point.shape.getBoundingClientRect();
    const middle = (box.left + box.right) / 2;
    const half = tip.offsetWidth / 2 + 8;
    tip.style.left = Math.min(Math.max(middle, half), document.documentElement.clientWidth - half) + "px";
    const above = Math.min(box.top, event.clientY) - tip.offsetHeight - 10;
    tip.style.top = (above > 4 ? above : Math.max(box.bottom, event.clientY) + 14) + "px";
  };
  addEventListener("pointermove", show, { passive: true });
  addEventListener("pointerdown", show, { passive: true });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
`;
