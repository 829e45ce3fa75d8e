/** Test texts that every setting gets wrong, and those that only one gets right. */
import { mean } from "../base/spread.ts";
import type { TellingText } from "./comparison.ts";
import type { ScoredSetting } from "./group-settings.ts";
import { namesOf } from "./read-predictions.ts";

export interface TellingTexts {
  readonly allWrong: readonly TellingText[];
  readonly onlyOneRight: readonly TellingText[];
}

/** By each setting's first seed. */
export function tellingTexts(settings: readonly ScoredSetting[]): TellingTexts {
  const first = settings.map(({ setting, runs }) => ({ id: setting.id, scorer: runs[0]!.test }));
  if (first.length === 0) return { allWrong: [], onlyOneRight: [] };
  const { predictions: test } = first[0]!.scorer;
  const tell = (i: number): TellingText => ({
    id: test.ids[i]!,
    text: test.texts[i]!,
    label: namesOf(test, test.truth[i]!),
    predicted: Object.fromEntries(
      first.map(({ id, scorer: { predictions } }) => [id, namesOf(predictions, predictions.predicted[i]!)]),
    ),
    right: first.filter(({ scorer }) => scorer.right[i] === 1).map(({ id }) => id),
  });
  const allWrong: { readonly i: number; readonly confidence: number }[] = [];
  const onlyOneRight: typeof allWrong = [];
  for (let i = 0; i < test.ids.length; i++) {
    const right = first.filter(({ scorer }) => scorer.right[i] === 1);
    if (right.length === 0) allWrong.push({ i, confidence: mean(first.map(({ scorer }) => scorer.confidence[i]!)) });
    if (right.length === 1 && first.length > 1) onlyOneRight.push({ i, confidence: right[0]!.scorer.confidence[i]! });
  }
  const inOrder = (found: typeof allWrong) =>
    found.toSorted((a, b) => b.confidence - a.confidence || a.i - b.i).map(({ i }) => tell(i));
  return { allWrong: inOrder(allWrong), onlyOneRight: inOrder(onlyOneRight) };
}
