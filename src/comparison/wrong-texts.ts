/** Test texts that at least one setting gets wrong, with what every setting says of them. */
import type { WrongText } from "./comparison.ts";
import type { ScoredSetting } from "./group-settings.ts";
import { namesOf } from "./read-predictions.ts";

/** In the order of the test texts. */
export function wrongTexts(settings: readonly ScoredSetting[]): WrongText[] {
  const first = settings.map(({ setting, runs }) => ({ id: setting.id, scorer: runs[0]!.test }));
  const test = first[0]?.scorer.predictions;
  if (!test) return [];
  return test.ids.flatMap((id, i) => {
    if (first.every(({ scorer }) => scorer.right[i] === 1)) return [];
    const answers = first.map(({ id: setting, scorer: { predictions, right, confidence } }) => [
      setting,
      {
        said: namesOf(predictions, predictions.predicted[i]!),
        right: right[i] === 1,
        confidence: confidence[i]!,
      },
    ]);
    return [{ id, text: test.texts[i]!, label: namesOf(test, test.truth[i]!), answers: Object.fromEntries(answers) }];
  });
}
