/** Which rows of a list are shown, and in which order: what is searched for, chosen and sorted by. It needs no page. */
import { grouped, percent } from "../base/format.ts";
import type { ListColumn, RowList } from "./document.ts";

export type ListData = Pick<RowList, "columns" | "details" | "noun" | "sorted">;

/** What a reader asks of a list. */
export interface ListQuery {
  /** Words that all have to stand in a row's texts, in any order and in capitals or not. */
  readonly search: string;
  /** For some columns the place of a name: rows that have another one are not shown. */
  readonly chosen: ReadonlyMap<number, number>;
  readonly sorted: RowList["sorted"];
}

export const firstQuery = ({ columns, sorted }: ListData): ListQuery => ({
  search: "",
  chosen: new Map(columns.flatMap(({ chosen }, c) => (chosen === undefined ? [] : [[c, chosen] as const]))),
  sorted,
});

/** Answers queries. Names are made ready to be searched and sorted by once, when that is first asked for. */
export class ListRows {
  readonly #columns: readonly ListColumn[];
  readonly #folded = new Map<ListColumn, readonly string[]>();
  readonly #ranks = new Map<ListColumn, readonly number[]>();
  /** The last search: choosing and sorting go on from it. */
  #searched: { readonly search: string; readonly isFound: (row: number) => boolean } | undefined;

  constructor({ columns }: ListData) {
    this.#columns = columns;
  }

  /** Rows, in order. */
  of({ search, chosen, sorted }: ListQuery): number[] {
    if (this.#searched?.search !== search) this.#searched = { search, isFound: this.#find(search) };
    const { isFound } = this.#searched;
    const rows: number[] = [];
    for (let row = 0; row < this.#columns[0]!.cells.length; row++)
      if (isFound(row) && [...chosen].every(([c, name]) => this.#columns[c]!.cells[row] === name)) rows.push(row);
    if (!sorted) return rows;
    const value = this.#value(this.#columns[sorted.column]!);
    const sign = sorted.descending ? -1 : 1;
    return rows.sort((a, b) => sign * (value(a) - value(b)) || a - b);
  }

  /** How many rows each name of a column has among those that all else of the query leaves. */
  counts(column: number, query: ListQuery): number[] {
    const others = new Map([...query.chosen].filter(([c]) => c !== column));
    const { names = [], cells } = this.#columns[column]!;
    const counts = new Array<number>(names.length).fill(0);
    for (const row of this.of({ search: query.search, chosen: others, sorted: undefined })) counts[cells[row]!]!++;
    return counts;
  }

  #find(search: string): (row: number) => boolean {
    const words = folded(search).split(/\s+/).filter(Boolean);
    if (words.length === 0) return () => true;
    const columns = this.#columns.filter(({ kind }) => kind === "text");
    // Each name is looked at once, however many rows have it.
    const of = columns.map((column) => ({
      cells: column.cells,
      found: words.map((word) => this.#foldedNames(column).map((name) => name.includes(word))),
    }));
    return (row) => words.every((_, w) => of.some(({ cells, found }) => found[w]![cells[row]!]!));
  }

  #foldedNames(column: ListColumn): readonly string[] {
    const known = this.#folded.get(column) ?? column.names!.map(folded);
    this.#folded.set(column, known);
    return known;
  }

  /** By which rows are sorted. */
  #value(column: ListColumn): (row: number) => number {
    const { names, cells } = column;
    if (!names) return (row) => cells[row]!;
    const ranks = this.#ranks.get(column) ?? ranksOf(names);
    this.#ranks.set(column, ranks);
    return (row) => ranks[cells[row]!]!;
  }
}

/** Capitals, and forms of characters that look alike, make no difference. */
const folded = (text: string): string => text.normalize("NFKC").toLowerCase();

function ranksOf(names: readonly string[]): number[] {
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const ranks = new Array<number>(names.length);
  const order = [...names.keys()].sort((a, b) => compare(names[a]!, names[b]!));
  for (const [rank, name] of order.entries()) ranks[name] = rank;
  return ranks;
}

/** What a cell says. */
export function shownCell({ kind, names }: Pick<ListColumn, "kind" | "names">, value: number): string {
  if (names) return names[value] ?? "";
  return kind === "share" ? percent(value) : grouped(value);
}
