/** Charts with so much in them that one looks closer: buttons make them larger, and what does not fit is scrolled to. */
import { element } from "./elements.ts";

const STEP = 1.5;
const MOST = 8;

export function makeZoomable(figure: HTMLElement): void {
  const svg = figure.querySelector("svg")!;
  const frame = element("div", { class: "zoom-frame", tabindex: 0, role: "group" });
  frame.setAttribute("aria-label", `${figure.querySelector("figcaption")?.textContent ?? "Chart"}, zoomable`);
  let zoom = 1;
  const buttons = element("div", { class: "zoom-buttons" });
  const add = (sign: string, name: string, to: () => number): HTMLButtonElement => {
    const button = element("button", { type: "button", "aria-label": name }, sign);
    button.addEventListener("click", () => set(to()));
    buttons.append(button);
    return button;
  };
  const smaller = add("−", "Smaller", () => zoom / STEP);
  const larger = add("+", "Larger", () => zoom * STEP);
  const set = (to: number, x = frame.clientWidth / 2, y = frame.clientHeight / 2): void => {
    const before = zoom;
    zoom = Math.min(MOST, Math.max(1, to));
    smaller.disabled = zoom === 1;
    larger.disabled = zoom === MOST;
    // What is under the pointer, or in the middle, stays there.
    const [left, top] = [frame.scrollLeft + x, frame.scrollTop + y].map((at) => (at * zoom) / before);
    svg.style.width = `${100 * zoom}%`;
    frame.scrollTo(left! - x, top! - y);
  };
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      set(zoom * (event.deltaY < 0 ? STEP : 1 / STEP), event.clientX - box.left, event.clientY - box.top);
    },
    { passive: false },
  );
  svg.replaceWith(frame);
  frame.append(svg);
  frame.style.aspectRatio = "1";
  figure.append(buttons);
  set(1);
}
