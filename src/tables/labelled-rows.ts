/** Rows on their way to examples: texts as bytes, labels as places in a list of names, and where each row stands. */
import { Integers, Texts } from "../base/growing-lists.ts";

export class LabelledRows {
  /** Label names in the order in which they were met. */
  readonly names: string[] = [];
  /** What the ids of rows without one begin with: the split of their files, or "row" where these are none. */
  readonly idPrefix: string;
  /** One column of texts, or two. */
  readonly texts: readonly Texts[];
  readonly #byName = new Map<string, number>();
  readonly #labels = new Integers();
  /** Where each row's labels end; only where it may have any number of them. */
  readonly #ends: Integers | undefined;
  /** From the first row on that has one, with nothing for those before. */
  #ids: Texts | undefined;
  readonly #places = new Integers();
  readonly #files: { readonly where: (place: number) => string; readonly from: number }[] = [];
  readonly #groups = new Integers();
  readonly #byGroup = new Map<string, number>();

  constructor(idPrefix: string, textColumns: number, multiLabel: boolean) {
    this.idPrefix = idPrefix;
    this.texts = Array.from({ length: textColumns }, () => new Texts());
    this.#ends = multiLabel ? new Integers() : undefined;
  }

  get count(): number {
    return this.#places.length;
  }

  get isMultiLabel(): boolean {
    return this.#ends !== undefined;
  }

  /** The rows to come are from this file. */
  beginFile(where: (place: number) => string): void {
    this.#files.push({ where, from: this.count });
  }

  add(row: {
    readonly texts: readonly string[];
    readonly labels: readonly string[];
    readonly place: number;
    readonly id: string | undefined;
    readonly group: string | undefined;
  }): void {
    for (const [i, text] of row.texts.entries()) this.texts[i]!.push(text);
    for (const label of row.labels) this.#labels.push(numberOf(label, this.#byName, this.names));
    this.#ends?.push(this.#labels.length);
    if (row.id) this.#ids ??= noIds(this.count);
    this.#ids?.push(row.id ?? "");
    this.#places.push(row.place);
    if (row.group !== undefined) this.#groups.push(numberOf(row.group, this.#byGroup));
  }

  /** Labels as places in `names`. */
  labelsOf(row: number): Int32Array {
    if (!this.#ends) return this.#labels.slice(row, row + 1);
    return this.#labels.slice(row === 0 ? 0 : this.#ends.at(row - 1), this.#ends.at(row));
  }

  idOf(row: number): string {
    return this.#ids?.at(row) || `${this.idPrefix}-${row}`;
  }

  whereIs(row: number): string {
    const file = this.#files.findLast(({ from }) => from <= row)!;
    return file.where(this.#places.at(row));
  }

  /** Number of the row's group, or undefined where there are none. */
  groupOf(row: number): number | undefined {
    return this.#groups.length > 0 ? this.#groups.at(row) : undefined;
  }
}

function noIds(count: number): Texts {
  const ids = new Texts();
  for (let row = 0; row < count; row++) ids.push("");
  return ids;
}

/** The numbers of all rows. */
export const allOf = ({ count }: LabelledRows): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

function numberOf(name: string, known: Map<string, number>, names?: string[]): number {
  const found = known.get(name);
  if (found !== undefined) return found;
  known.set(name, known.size);
  names?.push(name);
  return known.size - 1;
}
