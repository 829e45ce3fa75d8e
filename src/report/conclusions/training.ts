/** Rules on training: whether it came to its end, and whether it went too far. */
import { metric, percent } from "../../base/format.ts";
import type { ComparedRun, Setting } from "../../comparison/comparison.ts";
import { hasLearned } from "../../run/epoch-warnings.ts";
import type { EpochResult } from "../../train/trainer.ts";
import { epochsOf, type View } from "../view.ts";
import type { Rule } from "./rule.ts";
import { most, names } from "./wording.ts";

/** Settings of which more than half of the runs are so. */
const mostly = (view: View, is: (run: ComparedRun) => boolean): Setting[] =>
  view.trained.filter(({ runs }) => runs.filter(is).length * 2 > runs.length);

/** All of them as one. */
const whose = (view: View, found: readonly Setting[]): string =>
  found.length === view.trained.length && found.length > 2 ? "every setting" : names(view, found);

const epochs = ({ result }: ComparedRun): readonly EpochResult[] => result.epochs;

/** The best epoch is the last: more epochs could have made it better. */
export const notConverged: Rule = (view) => {
  const found = mostly(view, (run) => epochs(run).length > 1 && run.result.bestEpoch === epochs(run).length);
  if (found.length === 0) return undefined;
  return `With ${whose(view, found)}, the last epoch is the best on validation: training had not converged, and more epochs might still help.`;
};

/** The best epoch comes in the first half: the rest of the time was for nothing. */
export const earlyBest: Rule = (view) => {
  const found = mostly(view, (run) => epochs(run).length >= 4 && run.result.bestEpoch * 2 <= epochs(run).length);
  if (found.length === 0) return undefined;
  const said = found.map((setting) => `${view.name(setting)}, epoch ${bestEpochs(setting)} of ${epochsOf(setting)}`);
  return `The best epoch came in the first half, so that fewer epochs would have been enough, with ${said.join("; ")}.`;
};

function bestEpochs({ runs }: Setting): string {
  const found = [...new Set(runs.map(({ result }) => result.bestEpoch))].toSorted((a, b) => a - b);
  return found.join(" or ");
}

/** Training loss that hardly falls: the learning rate is too low for the method, or the method cannot do more. */
const LITTLE = 0.05;
export const hardlyLearns: Rule = (view) => {
  const found = mostly(view, (run) => {
    const all = epochs(run);
    if (all.length < 2) return false;
    const loss = all.at(-1)!.trainLoss;
    // What fell within the first epoch has fallen; smoothed targets let it fall no further.
    return loss > (1 - LITTLE) * all[0]!.trainLoss && !hasLearned(loss, run.result.base.loss);
  });
  if (found.length === 0) return undefined;
  return `The training loss of ${names(view, found)} falls by less than ${percent(LITTLE)} from the first epoch to the last: hardly anything is learned at this learning rate.`;
};

/** Training loss goes on falling while validation loss rises. */
const RISE = 0.02;
export const overfits: Rule = (view) => {
  const found = mostly(view, ({ result: { epochs: all, bestEpoch } }) => {
    const [best, last] = [all[bestEpoch - 1], all.at(-1)];
    if (!best || !last || best === last) return false;
    return last.trainLoss < best.trainLoss && last.validation.loss > (1 + RISE) * lowestLoss(all);
  });
  if (found.length === 0) return undefined;
  const rise = (setting: Setting) => {
    const rises = setting.runs.map(({ result }) => result.epochs.at(-1)!.validation.loss / lowestLoss(result.epochs));
    return rises.reduce((sum, value) => sum + value, 0) / rises.length - 1;
  };
  const worst = most(found, rise)!;
  const { epochs: all } = worst.runs[0]!.result;
  return (
    `After the best epoch, training loss goes on falling while validation loss rises with ${whose(view, found)}: the model overfits. ` +
    `${found.length > 1 ? `It is most with ${view.name(worst)}: validation loss` : "Validation loss is"} ${metric(lowestLoss(all))} at its lowest, ${metric(all.at(-1)!.validation.loss)} at the end` +
    `${worst.runs.length > 1 ? " (first seed)" : ""}. The weights of the best epoch are kept, so the figures on test do not suffer from it.`
  );
};

/** Said, so that silence is no riddle. */
export const noOverfitting: Rule = (view) => {
  const longEnough = view.trained.some((setting) => epochsOf(setting) > 1);
  if (!longEnough || overfits(view)) return undefined;
  return view.trained.length > 1
    ? "No setting's validation loss rises while its training loss falls: none overfits within these epochs."
    : "Validation loss does not rise while training loss falls: the model does not overfit within these epochs.";
};

const lowestLoss = (all: readonly EpochResult[]): number => Math.min(...all.map(({ validation }) => validation.loss));

export const convergence: readonly Rule[] = [notConverged, earlyBest, hardlyLearns];
export const overfitting: readonly Rule[] = [overfits, noOverfitting];
