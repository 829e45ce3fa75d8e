/** Comparisons of fabricated studies, made once, and ways to change them. */
import { join } from "node:path";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { Comparison, Setting } from "../../../src/comparison/comparison.ts";
import type { Imbalance } from "../../../src/run/rare-label-options.ts";
import type { EpochResult } from "../../../src/train/trainer.ts";
import { type FabricatedStudy, fabricatedSettings, fabricateStudy } from "../../study.ts";
import { scratchFolder } from "../tables/scratch.ts";

/** A study of the test, in a folder that goes away, and what it compares to. */
export function fabricated() {
  const { folder } = scratchFolder();
  return async (given: FabricatedStudy = {}): Promise<{ path: string; comparison: Comparison }> => {
    const path = fabricateStudy(join(folder({}), "study"), given);
    return { path, comparison: await compareStudy([path]) };
  };
}

/** Two recipes, of which the second lets weak methods learn. */
export const bothRecipes = (): FabricatedStudy => ({
  settings: [
    ...fabricatedSettings("controlled").map((setting) =>
      setting.method === "probe" ? { ...setting, skill: 0.4 } : setting,
    ),
    ...fabricatedSettings("tuned").map((setting) =>
      setting.method === "probe" ? { ...setting, skill: 0.8 } : setting,
    ),
  ],
});

/** The probe beats everything. */
export const probeWins = (): FabricatedStudy => ({
  settings: fabricatedSettings("tuned").map((setting) => ({
    ...setting,
    skill: setting.method === "probe" ? 0.97 : setting.skill - 0.3,
  })),
});

/** The same with a setting changed. */
export const withSetting = (comparison: Comparison, id: string, change: (setting: Setting) => Setting): Comparison => ({
  ...comparison,
  settings: comparison.settings.map((setting) => (setting.id === id ? change(setting) : setting)),
});

/** All runs of a setting with these losses by epoch and this best epoch. */
export const withEpochs =
  (losses: readonly (readonly [train: number, validation: number])[], bestEpoch: number) =>
  (setting: Setting): Setting => ({
    ...setting,
    runs: setting.runs.map((run) => ({
      ...run,
      result: {
        ...run.result,
        bestEpoch,
        epochs: losses.map(
          ([trainLoss, loss], i): EpochResult => ({
            epoch: i + 1,
            trainLoss,
            validation: { ...run.result.test, loss },
            seconds: 1,
          }),
        ),
      },
    })),
  });

/** All runs of a setting with this done about rare labels. */
export const withImbalance =
  (imbalance: Imbalance) =>
  (setting: Setting): Setting => ({
    ...setting,
    runs: setting.runs.map((run) => ({ ...run, result: { ...run.result, imbalance } })),
  });
