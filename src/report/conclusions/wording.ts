/** Words that conclusions share: names in a row, differences with their p, costs against full fine-tuning. */
import { grouped, memory, percent, probability, signed, timeSpan } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { Difference, Setting } from "../../experiment/comparison.ts";
import type { View } from "../view.ts";

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

/** Names that differ in their last figure only, as one. */
export function foldedNames(all: readonly string[]): string[] {
  const parts = all.map((name) => /^([^,]+, [^,]+ )([\d.]+)$/.exec(name) ?? [name, name, ""]);
  const groups = groupBy(parts, ([, start]) => start!);
  return [...groups].map(([start, same]) => `${start}${same.map(([, , figure]) => figure).join("/")}`);
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** "macro F1 −0.0123 (p = 0.034)" or that none can be shown. */
export function f1Difference(difference: Difference): string {
  const { f1, f1Low, f1High, f1AdjustedP } = difference;
  const size = `macro F1 ${signed(f1)}, 95 % interval ${signed(f1Low)} to ${signed(f1High)}`;
  return isShown(difference)
    ? `${size}, ${probability(f1AdjustedP)}`
    : `${size}: no difference can be shown, ${probability(f1AdjustedP)}`;
}

/** "1/12 of", "2.1 times", "as much as": how a cost stands to another. */
export function times(value: number, reference: number): string {
  const ratio = value / reference;
  if (ratio > 0.95 && ratio < 1.05) return "about as much as";
  if (ratio >= 1.05) return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times`;
  return ratio >= 0.1 ? `${percent(ratio)} of` : `1/${Math.round(1 / ratio)} of`;
}

/** What a setting costs against full fine-tuning: quality, memory, time. */
export function againstFull(view: View, setting: Setting): string {
  const held = view.against(setting);
  if (!held)
    return setting.method === "full"
      ? "It is full fine-tuning itself."
      : "There is no full fine-tuning of the same recipe to hold it against.";
  const { full, difference } = held;
  const time = view.timed ? ` and ${times(setting.cost.totalSeconds, full.cost.totalSeconds)} its total time` : "";
  const memory = `${times(setting.cost.peakRssBytes, full.cost.peakRssBytes)} its peak memory`;
  return `Against ${view.name(full)}: ${f1Difference(difference)}; ${memory}${time}.`;
}

export const peakMemory = ({ cost }: Setting): string => memory(cost.peakRssBytes);
export const trainTime = ({ cost }: Setting): string => timeSpan(cost.trainSeconds);
export const totalTime = ({ cost }: Setting): string => timeSpan(cost.totalSeconds);

/** The first with the smallest value. */
export const least = <T>(all: readonly T[], of: (one: T) => number): T | undefined =>
  all.length === 0 ? undefined : all.reduce((best, one) => (of(one) < of(best) ? one : best));

export const most = <T>(all: readonly T[], of: (one: T) => number): T | undefined => least(all, (one) => -of(one));
