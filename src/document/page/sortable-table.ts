/** Tables whose rows are sorted by a click on a column's title. */
import { element } from "./elements.ts";

export function makeSortable(table: HTMLTableElement): void {
  const heads = [...table.tHead!.rows[0]!.cells];
  for (const [column, head] of heads.entries()) {
    const button = element("button", { type: "button" });
    // What explains the title stays beneath it.
    for (const node of [...head.childNodes])
      if (!(node instanceof HTMLElement && node.tagName === "SMALL")) button.append(node);
    head.prepend(button);
    button.addEventListener("click", () => {
      const isFigures = head.classList.contains("figures");
      const before = head.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : isFigures;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      for (const body of table.tBodies) sortRows(body, column, isFigures, descending);
    });
  }
}

/** Cells without a figure stay last. */
function sortRows(body: HTMLTableSectionElement, column: number, isFigures: boolean, descending: boolean): void {
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const sign = descending ? -1 : 1;
  const rows = [...body.rows].map((row) => ({ row, said: ownText(row.cells[column]!) }));
  const figure = (said: string) => Number.parseFloat(said.replaceAll(",", ""));
  rows.sort((a, b) => {
    if (!isFigures) return sign * compare(a.said, b.said);
    const [x, y] = [figure(a.said), figure(b.said)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  });
  body.append(...rows.map(({ row }) => row));
}

/** Without what stands smaller beneath it. */
function ownText(cell: HTMLElement): string {
  const copy = cell.cloneNode(true) as HTMLElement;
  for (const small of copy.querySelectorAll("small, .unseen")) small.remove();
  return copy.textContent ?? "";
}
