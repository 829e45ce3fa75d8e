/** The one script of a page: lists, tables that are sorted, charts that tell their values and choose rows of a list. */
import { startChartTips } from "./chart-tips.ts";
import { ListView } from "./list-view.ts";
import { makeSortable } from "./sortable-table.ts";
import { makeZoomable } from "./zoomable-chart.ts";

const lists = new Map<string, ListView>();
for (const place of document.querySelectorAll<HTMLElement>("[data-rows]")) {
  const data = document.getElementById(place.dataset.rows!)!.textContent!;
  lists.set(place.id, new ListView(place, JSON.parse(data)));
}
for (const table of document.querySelectorAll<HTMLTableElement>("table[data-sortable]")) makeSortable(table);
for (const figure of document.querySelectorAll<HTMLElement>("figure[data-zoomable]")) makeZoomable(figure);
startChartTips();

// `data-choose="LIST COLUMN=NAME …"`: what a click shows of a list.
addEventListener("click", (event) => {
  const chooses = (event.target as Element).closest?.("[data-choose]")?.getAttribute("data-choose");
  if (!chooses) return;
  const [list = "", ...names] = chooses.split(" ");
  lists.get(list)?.choose(names.map((pair) => pair.split("=").map(Number) as [number, number]));
  document.getElementById(list)?.scrollIntoView({ block: "start" });
});
