/** What is chosen on validation: the rank of methods that have one, and the setting to recommend; each with its reason in numbers. */
import { groupBy } from "../base/group-by.ts";
import { standardDeviation } from "../base/spread.ts";
import { methodOf } from "../methods/registry.ts";
import { methodOfRun } from "../run/train-options.ts";
import type { Choice, RankChoice, Setting } from "./comparison.ts";
import type { ScoredSetting } from "./group-settings.ts";
import { overSeeds, resampledScores } from "./scored-texts.ts";

/** One for each recipe and method that was trained in it with several ranks. */
export function chooseRanks(trained: readonly ScoredSetting[]): RankChoice[] {
  const ranked = trained.filter(({ setting }) => methodOf(setting.method).hasRank);
  return [...groupBy(ranked, ({ setting: { recipe, method } }) => `${recipe}/${method}`).values()].flatMap((all) => {
    const byRank = [...groupBy(all, rankOf)].toSorted(([a], [b]) => a - b);
    const best = byRank.map(([rank, same]) => ({ rank, ...bestOf(same) }));
    return best.length > 1 ? [chooseRank(best)] : [];
  });
}

type Ranked = ScoredSetting & { readonly rank: number };

const rankOf = ({ setting }: ScoredSetting): number =>
  methodOfRun(setting.runs[0]!.facts.options).options.rank as number;

const validationF1 = ({ setting }: ScoredSetting): number => setting.validation!.f1;

/** The first of equals. */
const bestOf = <T extends ScoredSetting>(all: readonly T[]): T =>
  all.reduce((best, one) => (validationF1(one) > validationF1(best) ? one : best));

function chooseRank(ranked: readonly Ranked[]): RankChoice {
  const best = bestOf(ranked);
  const texts = best.runs.map(({ validation }) => validation);
  const standardError = standardDeviation(overSeeds(resampledScores(texts).map(({ f1 }) => f1)));
  const chosen = ranked.find((one) => validationF1(one) >= validationF1(best) - standardError)!;
  const error = `one standard error (${figure(standardError)}, bootstrap over ${texts[0]!.textCount} validation texts${
    texts.length > 1 ? ` and ${texts.length} seeds` : ""
  })`;
  return {
    recipe: best.setting.recipe,
    method: best.setting.method,
    chosen: chosen.setting.id,
    reason:
      chosen === best
        ? `Rank ${best.rank} has the best validation macro F1, ${figure(validationF1(best))}, and ${
            best === ranked[0] ? "no smaller rank was trained" : `no smaller rank is within ${error} of it`
          }.`
        : `Rank ${chosen.rank} is the smallest whose validation macro F1, ${figure(validationF1(chosen))}, is within ` +
          `${error} of the best, ${figure(validationF1(best))} with rank ${best.rank}.`,
    ranks: ranked.map(({ rank, setting }) => ({
      rank,
      setting: setting.id,
      validationF1: setting.validation!.f1,
      testF1: setting.test.f1.value,
    })),
    standardError,
  };
}

/** The best macro F1 on validation; of equals, that with fewest trainable parameters. */
export function recommend(trained: readonly Setting[]): Choice | undefined {
  const f1 = ({ validation }: Setting) => validation!.f1;
  const trains = ({ cost }: Setting) => cost.trainableParameters;
  const [chosen, next] = trained.toSorted((a, b) => f1(b) - f1(a) || trains(a) - trains(b));
  if (!chosen) return undefined;
  const severalRecipes = new Set(trained.map(({ recipe }) => recipe)).size > 1;
  const name = ({ title, recipe }: Setting) => (severalRecipes ? `${title} (${recipe})` : title);
  const seeds = chosen.runs.length > 1 ? ` (mean over ${chosen.runs.length} seeds)` : "";
  const best = `the best validation macro F1, ${figure(f1(chosen))}${seeds}`;
  return { chosen: chosen.id, reason: reason() };

  function reason(): string {
    if (!next) return `${name(chosen!)} has ${best}; it is the only one that was trained.`;
    if (f1(next) < f1(chosen!)) return `${name(chosen!)} has ${best}; next is ${name(next)} with ${figure(f1(next))}.`;
    const equal = trained.filter((one) => f1(one) === f1(chosen!));
    const others = equal.length > 2 ? `${equal.length - 1} others` : `${name(next)} both`;
    return (
      `${name(chosen!)} and ${others} have ${best}; ${name(chosen!)} trains ` +
      (trains(chosen!) < trains(next)
        ? `fewer parameters: ${grouped(trains(chosen!))} against ${grouped(trains(next))}${equal.length > 2 ? " or more" : ""}.`
        : `no more parameters: ${grouped(trains(chosen!))}.`)
    );
  }
}

const figure = (value: number): string => value.toFixed(4);
const grouped = (count: number): string => Math.round(count).toLocaleString("en-US");
