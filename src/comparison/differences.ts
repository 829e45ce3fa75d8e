/** Each setting against full fine-tuning: which differences are more than chance. */
import { groupBy } from "../base/group-by.ts";
import { mean } from "../base/spread.ts";
import { methodOf } from "../methods/registry.ts";
import type { Difference } from "./comparison.ts";
import { failureOf } from "./failed-settings.ts";
import type { ScoredRun, ScoredSetting } from "./group-settings.ts";
import { overSeeds } from "./scored-texts.ts";
import { percentileInterval, percentileP } from "./statistics/bootstrap.ts";
import { holm } from "./statistics/holm.ts";
import { exactMcNemar } from "./statistics/mcnemar.ts";

/** Of settings that train anything. `studyOf` says which study a setting is from: its own full fine-tuning comes before that of another study. */
export function differences(
  trained: readonly ScoredSetting[],
  studyOf: (setting: ScoredSetting) => number,
): Difference[] {
  const raw = trained.flatMap((one) => {
    const against = referenceFor(one, trained, studyOf);
    return !against || against === one ? [] : differenceOf(one, against);
  });
  const families = groupBy(raw, ({ against }) => against);
  const adjusted = new Map(
    [...families.values()].flatMap((family) => {
      const accuracy = holm(family.map(({ accuracyP }) => accuracyP));
      const f1 = holm(family.map(({ f1P }) => f1P));
      return family.map(
        ({ setting }, i) => [setting, { accuracyAdjustedP: accuracy[i]!, f1AdjustedP: f1[i]! }] as const,
      );
    }),
  );
  return raw.map((difference) => ({ ...difference, ...adjusted.get(difference.setting)! }));
}

/**
 * Full fine-tuning of the same recipe that has learned more than the baselines; of several, that of the same study, then what
 * trains most, and then the best on validation.
 */
function referenceFor(
  one: ScoredSetting,
  trained: readonly ScoredSetting[],
  studyOf: (setting: ScoredSetting) => number,
): ScoredSetting | undefined {
  const all = trained.filter(
    ({ setting }) =>
      methodOf(setting.method).isReference && setting.recipe === one.setting.recipe && !failureOf(setting),
  );
  const near = all.filter((other) => studyOf(other) === studyOf(one));
  const f1 = ({ setting }: ScoredSetting) => setting.validation!.f1;
  const trains = ({ setting }: ScoredSetting) => setting.cost.trainableParameters;
  return (near.length > 0 ? near : all).toSorted((a, b) => trains(b) - trains(a) || f1(b) - f1(a))[0];
}

type RawDifference = Omit<Difference, "accuracyAdjustedP" | "f1AdjustedP">;

/** None where they have no seed in common. */
function differenceOf(one: ScoredSetting, against: ScoredSetting): RawDifference[] {
  const pairs = one.runs.flatMap((run) => {
    const other = against.runs.find(({ run: { planned } }) => planned.seed === run.run.planned.seed);
    return other ? [[run, other] as const] : [];
  });
  if (pairs.length === 0) return [];
  const ofTest = (measure: "accuracy" | "f1") =>
    mean(pairs.map(([run, other]) => run.run.test[measure] - other.run.test[measure]));
  const resampled = overSeeds(
    pairs.map(([run, other]) => run.resampled.f1.map((f1, r) => f1 - other.resampled.f1[r]!)),
  );
  const { low, high } = percentileInterval(resampled);
  const { first, second } = discordant(pairs);
  return [
    {
      setting: one.setting.id,
      against: against.setting.id,
      accuracy: ofTest("accuracy"),
      f1: ofTest("f1"),
      accuracyP: exactMcNemar(first, second),
      f1Low: low,
      f1High: high,
      f1P: percentileP(resampled),
    },
  ];
}

/**
 * Texts that only the first has right, and only the second. Texts are what is independent, not runs: with several seeds, each
 * text still counts once, for the side that gets it right under more of them.
 */
function discordant(pairs: readonly (readonly [ScoredRun, ScoredRun])[]) {
  let [first, second] = [0, 0];
  for (let i = 0; i < pairs[0]![0].test.textCount; i++) {
    const lead = pairs.reduce((sum, [a, b]) => sum + a.test.right[i]! - b.test.right[i]!, 0);
    if (lead > 0) first++;
    if (lead < 0) second++;
  }
  return { first, second };
}
