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
  | Table;

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
