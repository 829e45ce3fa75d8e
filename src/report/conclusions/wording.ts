/** Words that conclusions share: names in a row, differences with their p, costs against full fine-tuning. */
import { memory, percent, probability, signed, timeSpan } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { Difference, Setting } from "../../comparison/comparison.ts";
import { isMeasure, isReference, type View } from "../view.ts";

/** From this p on, no difference is claimed. */
export const SIGNIFICANCE = 0.05;

export const isShown = ({ f1AdjustedP }: Difference): boolean => f1AdjustedP < SIGNIFICANCE;

/** "a, b and c". */
export const inARow = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** Each name once for its recipe, and once for settings that differ in one figure: "LoRA, rank 2/4 (both tuned)". */
export function names(view: View, settings: readonly Setting[]): string {
  const groups = [...groupBy(settings, ({ recipe }) => recipe)].map(([recipe, all]) => {
    const folded = inARow(foldedNames(all.map(view.shortName)));
    const count = all.length > 2 ? "all " : all.length === 2 ? "both " : "";
    return view.recipes.length > 1 ? `${folded} (${count}${recipe})` : folded;
  });
  return groups.join(", and ");
}

/** Names that differ in one figure at their end only, as one; a study in brackets may stand behind it. */
export function foldedNames(all: readonly string[]): string[] {
  const parts = all.map((name) => /^([^,]+, [^,]+ )([\d.]+)( \(.*\))?$/.exec(name) ?? [name, name, ""]);
  const groups = groupBy(parts, ([, start, , end = ""]) => `${start}…${end}`);
  return [...groups.values()].map((same) => {
    const [, start, , end = ""] = same[0]!;
    return `${start}${same.map(([, , figure]) => figure).join("/")}${end}`;
  });
}

/** "macro F1 −0.0123 (p = 0.034)" or that none can be shown. */
export function f1Difference(difference: Difference): string {
  const { f1, f1Low, f1High, f1AdjustedP } = difference;
  const size = `macro F1 ${signed(f1)}, 95 % interval ${signed(f1Low)} to ${signed(f1High)}`;
  return isShown(difference)
    ? `${size}, ${probability(f1AdjustedP)}`
    : `${size}: no difference can be shown, ${probability(f1AdjustedP)}`;
}

/** "1/12", "53.0 %", "2.1 times", "about as much": how a cost stands to another. */
export function ratio(value: number, reference: number): string {
  const share = value / reference;
  if (share > 0.95 && share < 1.05) return "about as much";
  if (share >= 1.05) return `${share < 10 ? share.toFixed(1) : Math.round(share)} times`;
  return share >= 0.1 ? percent(share) : `1/${Math.round(1 / share)}`;
}

/** The same before a name of that cost: "1/12 of the", "2.1 times the", "about the". */
export function ratioOf(value: number, reference: number, cost: string): string {
  const said = ratio(value, reference);
  return `${said === "about as much" ? "about" : said.endsWith("times") ? said : `${said} of`} ${cost}`;
}

/** What a setting costs against full fine-tuning: quality, memory, time. */
export function againstFull(view: View, setting: Setting): string {
  const held = view.against(setting);
  if (!held) {
    if (view.trained.length === 1) return "It is the only setting that was trained.";
    if (isReference(setting)) return "It is full fine-tuning itself.";
    const references = view.trained.filter((one) => isReference(one) && one.recipe === setting.recipe);
    if (references.length > 0 && !references.some(isMeasure))
      return "Full fine-tuning does not beat the baselines, so nothing is held against it.";
    const isThere = references.length > 0;
    return isThere
      ? "It has no seed in common with full fine-tuning, so they are not held against each other."
      : `There is no full fine-tuning${view.recipes.length > 1 ? " of the same recipe" : ""} to hold it against.`;
  }
  const { full, difference } = held;
  const time = view.timed ? ` and ${ratioOf(setting.cost.totalSeconds, full.cost.totalSeconds, "its total time")}` : "";
  const memory = ratioOf(setting.cost.peakRssBytes, full.cost.peakRssBytes, "its peak memory");
  return `Against ${view.name(full)}: ${f1Difference(difference)}; ${memory}${time}.`;
}

export const peakMemory = ({ cost }: Setting): string => memory(cost.peakRssBytes);
export const trainTime = ({ cost }: Setting): string => timeSpan(cost.trainSeconds);
export const totalTime = ({ cost }: Setting): string => timeSpan(cost.totalSeconds);

/** The first with the smallest value. */
export const least = <T>(all: readonly T[], of: (one: T) => number): T | undefined =>
  all.length === 0 ? undefined : all.reduce((best, one) => (of(one) < of(best) ? one : best));

export const most = <T>(all: readonly T[], of: (one: T) => number): T | undefined => least(all, (one) => -of(one));
