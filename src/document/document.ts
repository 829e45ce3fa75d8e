/** What a report says, before it is HTML or Markdown: sections of paragraphs, lists, tables and charts. */

/** A piece of text with a meaning; everything else in a text is plain. */
export type Mark =
  | { readonly mark: "strong" | "code"; readonly text: string }
  | { readonly mark: "link"; readonly text: string; readonly href: string }
  /** Text of the data: in any script and direction, which must not spread to what stands around it. */
  | { readonly mark: "quoted"; readonly text: string };

export type Text = string | readonly (string | Mark)[];

export const strong = (text: string): Mark => ({ mark: "strong", text });
export const code = (text: string): Mark => ({ mark: "code", text });
export const link = (text: string, href: string): Mark => ({ mark: "link", text, href });
export const quoted = (text: string): Mark => ({ mark: "quoted", text });

export const piecesOf = (text: Text): readonly (string | Mark)[] => (typeof text === "string" ? [text] : text);

export interface Column {
  readonly title: Text;
  /** Under the title: a unit, an explanation in a few words. */
  readonly note?: string;
  /** Figures stand to the right. */
  readonly figures?: boolean;
  /** Its cells have bars. */
  readonly bars?: boolean;
  /** Sentences: the column takes the room that is left. */
  readonly wide?: boolean;
}

export interface Cell {
  readonly text: Text;
  /** Smaller, on a line of its own. */
  readonly below?: string;
  /** The best of its column. */
  readonly best?: boolean;
  /** From 0 to 1: how strongly it is tinted. */
  readonly shade?: number;
  /** From 0 to 1: how long a bar is beside the text. */
  readonly bar?: number;
  /** A dot of a method's colour before the text. */
  readonly colour?: string;
}

export interface RowGroup {
  /** A line over the rows. */
  readonly title?: string;
  readonly rows: readonly (readonly (Cell | Text)[])[];
}

export interface Table {
  readonly block: "table";
  readonly caption?: Text;
  readonly columns: readonly Column[];
  readonly groups: readonly RowGroup[];
  /** Whether a click on a column's title sorts by it. */
  readonly sortable?: boolean;
}

/** Names or figures of a list, one for each row. */
export interface ListColumn {
  readonly title: string;
  /** `choice`: one of few names, by which rows can be chosen; `share`: from 0 to 1, shown in percent. */
  readonly kind: "text" | "choice" | "share" | "number";
  /** What rows hold where that is no figure: each text and each name stands here once. */
  readonly names?: readonly string[];
  /** Figures, or places in `names`. */
  readonly cells: readonly number[];
  /** The place of the name whose rows are shown at first. @default all rows are shown */
  readonly chosen?: number;
  /** Found by the search, and seen where a row is opened. */
  readonly hidden?: boolean;
}

/** A small table that is seen where a row of a list is opened. */
export interface ListDetail {
  readonly title: string;
  readonly columns: readonly Omit<ListColumn, "cells" | "chosen" | "hidden">[];
  /** For each row of the list one of `tables`, or -1 for none. */
  readonly cells: readonly number[];
  /** Row after row, as many figures or places in names as there are columns. */
  readonly tables: readonly (readonly number[])[];
}

/**
 * Rows to search, to choose among, to sort and to open. Only what is seen is drawn, so there may be a hundred thousand; in
 * Markdown the first of them are a table.
 */
export interface RowList {
  readonly block: "rows";
  /** For charts and links that choose among its rows; no other list of the page has it. */
  readonly id: string;
  /** What a row is, one and several: "wrong answer", "wrong answers". */
  readonly noun: readonly [one: string, many: string];
  /** The first is the widest. */
  readonly columns: readonly ListColumn[];
  readonly details: readonly ListDetail[];
  /** The column by which rows are sorted at first. @default as they come */
  readonly sorted?: { readonly column: number; readonly descending: boolean };
}

/** Chooses rows of a list: a name for each of some columns. */
export interface RowChoice {
  readonly list: string;
  readonly names: readonly (readonly [column: number, name: number])[];
}

/** A chart as two pictures: `themed` takes its colours from the page, `standalone` has its own, title and legend. */
export interface Chart {
  /** Of the picture, without its ending. */
  readonly file: string;
  readonly title: string;
  /** What it shows, in words, for those who do not see it. */
  readonly description: string;
  readonly width: number;
  readonly themed: string;
  readonly standalone: string;
  /** Whether there is so much in it that a reader may want it larger. */
  readonly zoomable?: boolean;
}

/** What a colour and a shape stand for in the charts below. */
export interface LegendEntry {
  readonly text: string;
  readonly colour: string;
  /** Lengths of strokes and gaps; none for a solid line. Without it, the legend shows a dot. */
  readonly dash?: readonly number[];
  /** Of the line, in pixels. @default 2 */
  readonly width?: number;
}

/** `beneath`: smaller, for those who want to know more. */
export type Fact = readonly [term: string, said: Text, beneath?: string];

export type Block =
  | { readonly block: "paragraph"; readonly text: Text; readonly quiet?: boolean }
  | { readonly block: "heading"; readonly text: string }
  | { readonly block: "list"; readonly items: readonly Text[] }
  /** Terms with what is said of each. */
  | {
      readonly block: "facts";
      readonly items: readonly Fact[];
      readonly large?: boolean;
    }
  | { readonly block: "command"; readonly text: string }
  | { readonly block: "charts"; readonly legend: readonly LegendEntry[]; readonly charts: readonly Chart[] }
  /** Closed at first. */
  | { readonly block: "more"; readonly summary: string; readonly blocks: readonly Block[] }
  | RowList
  | Table;

/** Blocks that a terminal can show. */
export type PlainBlock = Extract<Block, { readonly block: "table" | "facts" | "list" | "paragraph" }>;

export const paragraph = (text: Text): Block => ({ block: "paragraph", text });
/** Said beside the matter. */
export const remark = (text: Text): Block => ({ block: "paragraph", text, quiet: true });
export const heading = (text: string): Block => ({ block: "heading", text });
export const list = (items: readonly Text[]): Block => ({ block: "list", items });
export const more = (summary: string, blocks: readonly Block[]): Block => ({ block: "more", summary, blocks });

export interface Section {
  /** For links to it. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Document {
  readonly title: string;
  /** One line under the title. */
  readonly subtitle: Text;
  readonly sections: readonly Section[];
}
