/** What is said of labels that look alike. */
import { listOf } from "../base/error.ts";

/** How often a label stood with blanks around it, and without. */
export class LabelBlanks {
  readonly #counts = new Map<string, { padded: number; plain: number }>();

  see(given: unknown, name: string): void {
    if (typeof given !== "string") return;
    const counts = this.#counts.get(name);
    const isPadded = given.length > 0 && given.trim().length < given.length;
    if (counts) counts[isPadded ? "padded" : "plain"]++;
    else this.#counts.set(name, { padded: isPadded ? 1 : 0, plain: isPadded ? 0 : 1 });
  }

  /** Labels that would have been two. */
  notes(): string[] {
    const both = [...this.#counts].filter(([, { padded, plain }]) => padded > 0 && plain > 0);
    if (both.length === 0) return [];
    const names = both.slice(0, 5).map(([name]) => name);
    const count = both.reduce((sum, [, { padded }]) => sum + padded, 0);
    const more = both.length > names.length ? ` and ${both.length - names.length} more` : "";
    return [
      `Blanks around labels are left out: ${listOf(names, "and")}${more} also ${both.length === 1 ? "stands" : "stand"} with blanks, in ${count} ${count === 1 ? "row" : "rows"}.`,
    ];
  }
}

/** Labels that differ by case, by blanks within them or by the form of their characters only. */
export function alikeLabels(labels: readonly string[]): string[] {
  const byForm = new Map<string, string[]>();
  for (const label of labels) {
    const form = label.normalize("NFKC").toLowerCase().replace(/\s+/g, " ");
    byForm.set(form, [...(byForm.get(form) ?? []), label]);
  }
  return [...byForm.values()]
    .filter(({ length }) => length > 1)
    .slice(0, 5)
    .map(
      (alike) =>
        `The labels ${listOf(alike, "and")} are ${alike.length} labels, though they are alike but for case or blanks; write them alike if they are one.`,
    );
}
