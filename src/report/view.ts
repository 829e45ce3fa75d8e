/** A comparison with what every part of a report asks of it: names, colours, rows by recipe. */
import { groupBy } from "../base/group-by.ts";
import type { Comparison, Difference, MarkedColumn, Setting } from "../comparison/comparison.ts";
import { failureOf } from "../comparison/failed-settings.ts";
import { type Colour, methodColour } from "../document/palette.ts";
import { type MethodName, methodOf } from "../methods/registry.ts";
import type { RecipeName } from "../study/study.ts";
import type { NearestTexts } from "./nearest-texts.ts";

export interface View {
  readonly comparison: Comparison;
  /** Training texts that are most like those that got a wrong answer, where they were found. */
  readonly nearest: NearestTexts | undefined;
  /** In the order of the plan. */
  readonly settings: readonly Setting[];
  /** Those that train anything. */
  readonly trained: readonly Setting[];
  readonly recipes: readonly RecipeName[];
  /** For each recipe and method the one setting that stands for it: the chosen rank, else the best on validation. */
  readonly leading: readonly Setting[];
  /** Whether a text may have any number of labels. */
  readonly multiLabel: boolean;
  /** Whether times may be held against each other. */
  readonly timed: boolean;
  of(id: string): Setting;
  /** Full fine-tuning that a setting is held against, with the difference; undefined for full fine-tuning itself. */
  against(setting: Setting): { readonly full: Setting; readonly difference: Difference } | undefined;
  /** `LoRA, rank 8`; with its recipe, and its study, where there are several. */
  name(setting: Setting): string;
  /** The same where the recipe is plain from the place. */
  shortName(setting: Setting): string;
}

export const isTrained = ({ cost }: Setting): boolean => cost.trainableParameters > 0;
export const colourOf = ({ method }: Setting): Colour => methodColour(method);
/** The most epochs that a setting's runs have. */
export const epochsOf = ({ runs }: Setting): number => Math.max(...runs.map(({ result }) => result.epochs.length));

export function viewOf(comparison: Comparison, nearest?: NearestTexts): View {
  const { settings, differences } = comparison;
  const byId = new Map(settings.map((setting) => [setting.id, setting]));
  const trained = settings.filter(isTrained);
  const recipes = [...new Set(settings.map(({ recipe }) => recipe))];
  const differenceOf = new Map(differences.map((difference) => [difference.setting, difference]));
  const of = (id: string) => byId.get(id)!;
  return {
    comparison,
    nearest,
    settings,
    trained,
    recipes,
    leading: leadingOf(comparison, trained),
    multiLabel: settings.some(({ test }) => test.microF1 !== undefined),
    timed: comparison.timesComparable.comparable,
    of,
    shortName: ({ title }) => title,
    name: ({ title, recipe }) => (recipes.length > 1 ? `${title} (${recipe})` : title),
    against: (setting) => {
      const difference = differenceOf.get(setting.id);
      return difference && { full: of(difference.against), difference };
    },
  };
}

function leadingOf({ ranks }: Comparison, trained: readonly Setting[]): Setting[] {
  const chosen = new Set(ranks.map((choice) => choice.chosen));
  const groups = groupBy(trained, ({ recipe, method }) => `${recipe}/${method}`);
  return [...groups.values()].map(
    (all) =>
      all.find(({ id }) => chosen.has(id)) ??
      all.reduce((best, one) => (one.validation!.f1 > best.validation!.f1 ? one : best)),
  );
}

/** Whether a setting is shown to do better than always answering the most frequent label. */
export function beatsMajority({ comparison }: View, { test }: Setting): boolean {
  const { majorityAccuracy } = comparison.data;
  return majorityAccuracy === undefined || test.accuracy.low > majorityAccuracy;
}

/** Methods of a comparison, in the order in which they come. */
export const methodsIn = (settings: readonly Setting[]): MethodName[] => [
  ...new Set(settings.map(({ method }) => method)),
];

export const methodTitle = (method: MethodName): string => methodOf(method).title;

/** `LoRA's rank`. */
export const rankName = (method: MethodName): string => `${methodTitle(method)}'s rank`;

/** Whether the others are held against it: full fine-tuning. */
export const isReference = ({ method }: Pick<Setting, "method">): boolean => methodOf(method).isReference === true;

/** Whether it is held against in fact: what has learned nothing is no measure. */
export const isMeasure = (setting: Setting): boolean => isReference(setting) && !failureOf(setting);

/** Times that cannot be compared have no best one, and neither has a column in which all are equal. */
export function isMarked(view: View, column: MarkedColumn, { id }: Setting): boolean {
  const best = view.comparison.best[column];
  return best.includes(id) && best.length < view.trained.length && (view.timed || !column.endsWith("Seconds"));
}

/** Whether any setting has several seeds. */
export const hasSeveralSeeds = (settings: readonly Setting[]): boolean => settings.some(({ runs }) => runs.length > 1);
