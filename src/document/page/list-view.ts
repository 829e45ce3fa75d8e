/** A list in the page: its controls, and as many of its rows as are seen. */
import { grouped } from "../../base/format.ts";
import type { ListColumn } from "../document.ts";
import { firstQuery, type ListData, type ListQuery, ListRows, shownCell } from "../list-rows.ts";
import { element, quotedText } from "./elements.ts";

/** Rows drawn above and below what is seen, so that scrolling finds them there. */
const SPARE = 6;
export class ListView {
  readonly #data: ListData;
  readonly #rows: ListRows;
  /** Columns that are drawn, by their place. */
  readonly #columns: readonly (readonly [place: number, column: ListColumn])[];
  readonly #search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  readonly #selects = new Map<number, HTMLSelectElement>();
  readonly #heads = new Map<number, HTMLElement>();
  readonly #count = element("p", { role: "status", class: "quiet" });
  readonly #body = element("div", { role: "rowgroup", class: "rows-body" });
  readonly #table: HTMLElement;
  readonly #drawn = new Map<number, HTMLElement>();
  #query: ListQuery;
  /** Rows in the order in which they are shown. */
  #shown: readonly number[] = [];
  /** The place in `#shown` of the row that is open, and how high what it shows is. */
  #open: { readonly at: number; height: number } | undefined;
  #rowHeight = 44;

  /** Fills `place`, which keeps its id. */
  constructor(place: HTMLElement, data: ListData) {
    this.#data = data;
    this.#rows = new ListRows(data);
    this.#query = firstQuery(data);
    this.#columns = [...data.columns.entries()].filter(([, { hidden }]) => !hidden);
    this.#table = this.#makeTable();
    place.replaceChildren(this.#makeControls(), this.#count, this.#table);
    this.#table.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#table.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#measure()).observe(this.#table);
    this.#ask({});
  }

  /** Shows rows with these names only; columns that are not named show all. */
  choose(names: readonly (readonly [column: number, name: number])[]): void {
    this.#search.value = "";
    this.#ask({ search: "", chosen: new Map(names) });
  }

  #makeControls(): HTMLElement {
    const controls = element("div", {
      class: "rows-controls",
      role: "group",
      "aria-label": `Which ${this.#data.noun[1]}`,
    });
    controls.append(element("label", {}, "Search", this.#search));
    this.#search.addEventListener("input", () => this.#ask({ search: this.#search.value }));
    for (const [place, { title, kind, names = [] }] of this.#data.columns.entries()) {
      if (kind !== "choice") continue;
      const select = element("select");
      const options = names.map((name, value) => element("option", { value }, name));
      select.append(element("option", { value: "" }, "all"), ...options);
      select.addEventListener("change", () => {
        const chosen = new Map(this.#query.chosen);
        if (select.value === "") chosen.delete(place);
        else chosen.set(place, Number(select.value));
        this.#ask({ chosen });
      });
      this.#selects.set(place, select);
      controls.append(element("label", {}, title, select));
    }
    return controls;
  }

  #makeTable(): HTMLElement {
    const head = element("div", { role: "row", class: "rows-row rows-head" });
    for (const [place, { title, kind }] of this.#columns) {
      const button = element("button", { type: "button" }, title);
      const cell = element("div", { role: "columnheader", class: kind }, button);
      button.addEventListener("click", () => {
        const { sorted } = this.#query;
        const isFigure = kind === "share" || kind === "number";
        const descending = sorted?.column === place ? !sorted.descending : isFigure;
        this.#ask({ sorted: { column: place, descending } });
      });
      this.#heads.set(place, cell);
      head.append(cell);
    }
    const widths = this.#columns.map(([, { kind }], i) => (i === 0 ? "minmax(12rem, 3fr)" : WIDTHS[kind]));
    return element(
      "div",
      { role: "table", class: "rows", tabindex: 0, style: `--columns: ${widths.join(" ")}` },
      element("div", { role: "rowgroup", class: "rows-top" }, head),
      this.#body,
    );
  }

  #ask(change: Partial<ListQuery>): void {
    this.#query = { ...this.#query, ...change };
    this.#shown = this.#rows.of(this.#query);
    this.#open = undefined;
    this.#table.scrollTop = 0;
    const all = this.#data.columns[0]!.cells.length;
    const [one, many] = this.#data.noun;
    const shown = this.#shown.length;
    this.#count.textContent = `${grouped(shown)} of ${grouped(all)} ${all === 1 ? one : many}`;
    this.#table.setAttribute("aria-rowcount", String(shown + 1));
    for (const [place, select] of this.#selects) {
      select.value = String(this.#query.chosen.get(place) ?? "");
      const { names = [] } = this.#data.columns[place]!;
      for (const [name, count] of this.#rows.counts(place, this.#query).entries()) {
        const option = select.options[name + 1]!;
        option.textContent = `${names[name]} (${grouped(count)})`;
        option.disabled = count === 0 && select.value !== String(name);
      }
    }
    for (const [place, cell] of this.#heads) {
      const { sorted } = this.#query;
      const order = sorted?.column === place ? (sorted.descending ? "descending" : "ascending") : "none";
      cell.setAttribute("aria-sort", order);
    }
    this.#clear();
    this.#draw();
  }

  #clear(): void {
    for (const row of this.#drawn.values()) row.remove();
    this.#drawn.clear();
  }

  /** How high a row is depends on the width of the page and on its font. */
  #measure(): void {
    const height = [...this.#drawn.values()][0]?.firstElementChild?.getBoundingClientRect().height;
    if (this.#open) this.#open.height = this.#drawn.get(this.#open.at)?.lastElementChild?.clientHeight ?? 0;
    if (height && Math.abs(height - this.#rowHeight) > 0.5) {
      this.#rowHeight = height;
      this.#clear();
    }
    this.#draw();
  }

  #topOf(at: number): number {
    return at * this.#rowHeight + (this.#open && at > this.#open.at ? this.#open.height : 0);
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#table;
    const above = this.#open && scrollTop > this.#topOf(this.#open.at) ? this.#open.height : 0;
    const from = Math.max(0, Math.floor((scrollTop - above) / this.#rowHeight) - SPARE);
    const to = Math.min(this.#shown.length, Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + SPARE);
    // What has the focus stays, so that the keys go on from there.
    const focused = Number((document.activeElement?.closest(".rows-item") as HTMLElement | null)?.dataset.at ?? -1);
    for (const [at, row] of this.#drawn)
      if ((at < from || at >= to) && !(at === focused && this.#body.contains(document.activeElement))) {
        row.remove();
        this.#drawn.delete(at);
      }
    for (let at = from; at < to; at++) {
      if (this.#drawn.has(at)) continue;
      const row = this.#makeRow(at);
      this.#drawn.set(at, row);
      const next = [...this.#drawn].filter(([other]) => other > at).sort(([a], [b]) => a - b)[0];
      this.#body.insertBefore(row, next?.[1] ?? null);
    }
    for (const [at, row] of this.#drawn) row.style.transform = `translateY(${this.#topOf(at)}px)`;
    this.#body.style.height = `${this.#topOf(this.#shown.length)}px`;
  }

  #makeRow(at: number): HTMLElement {
    const row = this.#shown[at]!;
    const isOpen = this.#open?.at === at;
    const button = element("button", { type: "button", class: "open", "aria-expanded": String(isOpen) }, "›");
    button.setAttribute("aria-label", `Details of row ${at + 1}`);
    const cells = this.#columns.map(([, column], i) => {
      const said = shownCell(column, column.cells[row]!);
      const attributes = { role: "cell", class: column.kind, "data-title": column.title };
      // What is cut off is seen by pointing at it.
      const cell = element("div", { ...attributes, title: i > 0 && column.names ? said : undefined });
      if (i === 0) cell.append(button, element("bdi", { class: "clipped" }, said));
      else if (column.names) cell.append(quotedText(said));
      else cell.append(said);
      return cell;
    });
    const line = element("div", { role: "row", class: "rows-row", "aria-rowindex": at + 2 }, ...cells);
    line.addEventListener("click", () => {
      // A click that ends a selection of text is none.
      if (getSelection()?.isCollapsed !== false) this.#toggle(at);
    });
    const item = element("div", { class: "rows-item", "data-at": at, role: "presentation" }, line);
    if (isOpen) item.append(this.#makeDetails(row));
    return item;
  }

  #toggle(at: number): void {
    const before = this.#open?.at;
    this.#open = before === at ? undefined : { at, height: 0 };
    const hadFocus = this.#body.contains(document.activeElement);
    for (const changed of [before, at])
      if (changed !== undefined) {
        this.#drawn.get(changed)?.remove();
        this.#drawn.delete(changed);
      }
    this.#draw();
    if (this.#open) this.#open.height = this.#drawn.get(at)?.lastElementChild?.clientHeight ?? 0;
    this.#draw();
    if (hadFocus) this.#focus(at);
  }

  #makeDetails(row: number): HTMLElement {
    const details = element("div", { class: "rows-details", role: "row" });
    const cell = element("div", { role: "cell" });
    const [first] = this.#data.columns;
    cell.append(element("p", { class: "whole" }, quotedText(shownCell(first!, first!.cells[row]!))));
    const hidden = this.#data.columns.filter((column) => column.hidden);
    for (const column of hidden)
      cell.append(
        element("p", { class: "quiet" }, `${column.title}: `, quotedText(shownCell(column, column.cells[row]!))),
      );
    for (const { title, columns, cells, tables } of this.#data.details) {
      const table = tables[cells[row]!];
      if (!table || table.length === 0) continue;
      const head = columns.map((column) => element("th", { scope: "col", class: column.kind }, column.title));
      const body = element("tbody");
      for (let from = 0; from < table.length; from += columns.length)
        body.append(
          element(
            "tr",
            {},
            ...columns.map((column, c) =>
              element("td", { class: column.kind }, quotedText(shownCell(column, table[from + c]!))),
            ),
          ),
        );
      cell.append(
        element("h4", {}, title),
        element("table", {}, element("thead", {}, element("tr", {}, ...head)), body),
      );
    }
    details.append(cell);
    return details;
  }

  #onKey(event: KeyboardEvent): void {
    const item = (event.target as HTMLElement).closest<HTMLElement>(".rows-item");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const at = item
      ? Number(item.dataset.at) + step
      : step > 0
        ? Math.floor(this.#table.scrollTop / this.#rowHeight)
        : -1;
    if (at < 0 || at >= this.#shown.length) return;
    event.preventDefault();
    this.#focus(at);
  }

  /** Scrolls no further than is needed to see the row. */
  #focus(at: number): void {
    const [top, height] = [this.#topOf(at), this.#rowHeight];
    const head = this.#table.firstElementChild!.clientHeight;
    const { scrollTop, clientHeight } = this.#table;
    if (top < scrollTop) this.#table.scrollTop = top;
    else if (top + height > scrollTop + clientHeight - head) this.#table.scrollTop = top + height + head - clientHeight;
    this.#draw();
    this.#drawn.get(at)?.querySelector<HTMLElement>("button.open")?.focus({ preventScroll: true });
  }
}

/** Of a column other than the first. */
const WIDTHS: Readonly<Record<ListColumn["kind"], string>> = {
  text: "minmax(8rem, 2fr)",
  choice: "minmax(6rem, 1.2fr)",
  share: "6.5rem",
  number: "6.5rem",
};
