/** Rules on computational cost: time, memory and its parts, operations, storage, and what no other setting beats. */
import { abbreviated, memory, smallPercent } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { isMeasure, isReference, type View } from "../view.ts";
import type { Rule } from "./rule.ts";
import { inARow, least, most, names, peakMemory, ratio, totalTime } from "./wording.ts";

/** Full fine-tuning that stands for all: of the recipe of what is recommended, else the first. */
function reference({ trained, comparison, of }: View): Setting | undefined {
  const recipe = comparison.recommended && of(comparison.recommended.chosen).recipe;
  const all = trained.filter(isMeasure);
  return all.find((full) => full.recipe === recipe) ?? all[0];
}

/** With what shares its recipe, which need not be said again. */
const others = (view: View): { full: Setting; rest: Setting[] } | undefined => {
  const full = reference(view);
  const rest = view.leading.filter((setting) => !isReference(setting) && setting.recipe === full?.recipe);
  return full && rest.length > 0 ? { full, rest } : undefined;
};

/** Only where times can be compared. */
export const time: Rule = (view) => {
  const { timesComparable } = view.comparison;
  if (!timesComparable.comparable) return `Times are shown but not compared: ${timesComparable.reason}.`;
  const found = others(view);
  if (!found) return undefined;
  const { full, rest } = found;
  const said = rest
    .toSorted((a, b) => a.cost.totalSeconds - b.cost.totalSeconds)
    .map(
      (setting) =>
        `${totalTime(setting)} (${ratio(setting.cost.totalSeconds, full.cost.totalSeconds)}) with ${view.shortName(setting)}`,
    );
  return `Total time, against ${totalTime(full)} with ${view.name(full)}: ${said.join(", ")}.`;
};

/** Peak memory and what of it a method can save: gradients and optimizer state. */
export const peak: Rule = (view) => {
  const found = others(view);
  if (!found) return undefined;
  const { full, rest } = found;
  const [low, high] = [least(rest, ({ cost }) => cost.peakRssBytes)!, most(rest, ({ cost }) => cost.peakRssBytes)!];
  const state = full.cost.gradientBytes + full.cost.optimizerBytes;
  const span =
    rest.length === 1
      ? `${view.shortName(low)} at ${peakMemory(low)}`
      : peakMemory(low) === peakMemory(high)
        ? `the others at ${peakMemory(low)}`
        : `the others lie between ${peakMemory(low)} (${view.shortName(low)}) and ${peakMemory(high)} (${view.shortName(high)})`;
  return `${view.name(full)} peaks at ${peakMemory(full)}, of which ${memory(state)} are gradients and optimizer state; ${span}.`;
};

/** Operations explain time: backward through the model costs, whoever is trained. */
export const operations: Rule = (view) => {
  const found = others(view);
  if (!found) return undefined;
  const { full, rest } = found;
  const total = ({ cost }: Setting) => cost.forwardOperations + cost.backwardOperations;
  if (total(full) === 0) return undefined;
  const said = rest
    .toSorted((a, b) => total(a) - total(b))
    .map((setting) => `${smallPercent(total(setting) / total(full))} with ${view.shortName(setting)}`);
  return `${view.name(full)} computes ${abbreviated(total(full))} operations for each training text, forward and backward; of that it is ${said.join(", ")}.`;
};

/** What a task takes on disk, beside a model that all tasks share. */
export const storage: Rule = (view) => {
  const found = others(view);
  if (!found) return undefined;
  const { full, rest } = found;
  const smallest = least(rest, ({ cost }) => cost.storedBytes)!;
  if (smallest.cost.storedBytes >= full.cost.storedBytes) return undefined;
  return `Each further task takes ${memory(full.cost.storedBytes)} with ${view.name(full)} and ${memory(smallest.cost.storedBytes)} with ${view.shortName(smallest)}, beside one model for all.`;
};

/** Settings that no other beats in macro F1 and a cost at once: whichever the cost, and whatever it is. */
export const fronts: Rule = (view) => {
  const shown = view.comparison.pareto.filter(
    ({ cost }) => cost !== "trainSeconds" && (view.timed || cost !== "totalSeconds"),
  );
  if (view.trained.length < 3 || shown.length === 0) return undefined;
  const costs = inARow(shown.map(({ cost }) => COSTS[cost]));
  const on = ({ id }: Setting) => shown.filter(({ settings }) => settings.includes(id)).length;
  const always = view.trained.filter((setting) => on(setting) === shown.length);
  const never = view.trained.filter((setting) => on(setting) === 0);
  const unbeaten =
    always.length > 0
      ? `none is both better and cheaper than ${names(view, always)}`
      : "no setting is unbeaten in all of them";
  const beaten =
    never.length > 0 ? `; some other setting is better and cheaper than ${names(view, never)} in each of them` : "";
  return `Of macro F1 on test against ${costs}: ${unbeaten}${beaten}.`;
};

const COSTS = {
  trainSeconds: "training time",
  totalSeconds: "total time",
  peakRssBytes: "peak memory",
  trainableParameters: "trained parameters",
} as const;

export const cost: readonly Rule[] = [time, peak, operations, storage, fronts];
