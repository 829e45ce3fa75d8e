/** What a search is to be, from its options and the size of its task: rungs, budget, threads. */
import { expect, test } from "vitest";
import { beginSearch } from "../../../src/search/begin-search.ts";
import { resolveSearchOptions } from "../../../src/search/search-options.ts";
import type { StudyInput } from "../../../src/study/data-facts.ts";
import { smallTask } from "../../study.ts";

const { texts, hiddenSize, head } = smallTask;
/** 2000 texts: as far as a search looks at it before anything is trained. */
const input = {
  dataset: { splits: { train: { length: texts } }, labels: ["a", "b"] },
  encoder: { hiddenSize, layers: 6 },
  head,
  sources: { model: { path: "model", notes: [] }, data: { path: "data", notes: [] } },
} as unknown as StudyInput;
const same = (key: string) => key;
const begun = (options: object) =>
  beginSearch(resolveSearchOptions({ data: "data", ...options }, same), input, "attune search", same);

// The recipe gives 600 steps, of 125 batches an epoch, and at most 20 epochs: docs/recipes.md.
test.each<[object, number[]]>([
  [{}, [2, 5]],
  [{ limit: 200 }, [2, 7, 20]],
  [{ epochs: 9 }, [1, 3, 9]],
  [{ epochs: 9, leastEpochs: 2 }, [3, 9]],
  [{ epochs: 8, eta: 2 }, [1, 2, 4, 8]],
  [{ epochs: 9, pruner: "none" }, [9]],
])("%o has its rungs behind %j epochs", (options, rungs) => {
  const { methods, ...search } = begun(options);
  expect(search.rungs).toEqual(rungs);
  expect(methods[0]!.options).toMatchObject({ epochs: rungs.at(-1), earlyStopping: 0, bestMetric: "f1" });
});

test("a search has 27 trials where nobody says when it ends", () => {
  expect(begun({}).budget).toEqual({ trials: 27 });
  expect(begun({ budgetHours: 2 }).budget).toEqual({ hours: 2 });
  expect(begun({ trials: 5, budgetEpochs: 40 }).budget).toEqual({ trials: 5, epochs: 40 });
});

test("threads are those of all trials together", () => {
  expect(begun({ threads: 1, jobs: 2 })).toMatchObject({ jobs: 2, threads: 1, threadsAsked: 1 });
  expect(begun({})).not.toHaveProperty("threadsAsked");
});

test("options that all trials have are not searched", () => {
  const [full] = begun({ batchSize: 32, weightDecay: 0.01 }).methods;
  expect(full!.options).toMatchObject({ batchSize: 32, weightDecay: 0.01 });
  expect(Object.keys(full!.spaces)).toEqual(["head", "headDropout", "learningRate", "headLearningRate"]);
});
