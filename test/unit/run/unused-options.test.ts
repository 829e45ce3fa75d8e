/** Options that are given and have no effect, in every command and function: each with a state in which it has none. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Classifier, load } from "../../../src/classifier/classifier.ts";
import { inspect, pretrain, type TrainOptions, train } from "../../../src/index.ts";
import { resolvePretrainOptions } from "../../../src/pretrain/pretrain-options.ts";
import { trainOptions } from "../../../src/run/train-options.ts";
import { resolveNewOptions } from "../../../src/run/unused-train-options.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { requireUsedByRuns } from "../../../src/study/unused-plan-options.ts";
import { smallTask } from "../../study.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-unused-"));
afterAll(() => rmSync(root, { recursive: true }));
const model = tinyModel(join(root, "model"));
const data = tinyData(join(root, "data"), { rows: 12 });
const { file } = scratchFolder();
const lines = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({ text: `some words ${i}`, label: i % 2, who: i % 9 }),
);
const jsonLines = file("a.jsonl", lines.join("\n"));
const one = file("b.csv", `text,label\n${lines.map((_, i) => `some words ${i},${i % 2}`).join("\n")}`);
const out = join(root, "none");

let classifier: Classifier;
beforeAll(async () => {
  await train({ model, data, out: join(root, "run"), epochs: 1, threads: 1 });
  classifier = await load(join(root, "run"), { threads: 1 });
});
afterAll(() => classifier.dispose());

describe("train", () => {
  const given = { model, data, out };

  test.each<[object, string]>([
    [{ mlpSize: 8 }, "mlpSize has no effect without a head with +mlp"],
    [{ mlpSize: 8, head: "mean" }, "mlpSize has no effect without a head with +mlp"],
    [{ labelSeparator: "|" }, "labelSeparator has no effect where a text has one label"],
    ...Object.entries({
      ...{ epochs: 4, batchSize: 8, gradientAccumulation: 2, learningRate: 1e-3, headLearningRate: 1e-3, warmup: 5 },
      ...{ schedule: "cosine", weightDecay: 0.1, maxGradientNorm: 2, beta1: 0.8, beta2: 0.9, epsilon: 1e-6 },
      ...{ bestMetric: "f1", earlyStopping: 2, classWeights: "balanced", labelSmoothing: 0.1, balance: "oversample" },
      ...{ headDropout: 0.3, trainHead: false, trainPooler: true, semantics: "peft" },
    }).map(([key, value]): [object, string] => [
      { method: "none", [key]: value },
      `${key} has no effect with the method "none", which trains nothing`,
    ]),
  ])("%j", async (options, message) => {
    expect(await inputError(() => resolveNewOptions({ ...given, ...options }))).toBe(`${message}; leave it out`);
  });

  test.each<[object, RegExp]>([
    [
      { method: "probe", trainHead: false, head: "mean" },
      /with the method "probe" and without trainHead, nothing is trained/,
    ],
    [{ trainPooler: true, head: "mean" }, /^trainPooler has no effect with this model and head, which have no pooler/],
    [
      { method: "lora", trainHead: false, head: "mean", headLearningRate: 1 },
      /^headLearningRate has no effect where neither/,
    ],
    [{ splitSeed: 3 }, /^splitSeed has no effect where no split is made/],
    [{ splitSeed: 3, limit: "first:4" }, /^splitSeed has no effect where no split is made/],
    [{ text: "text", label: "label", group: "label" }, /^--group has no effect where no split is made/],
    [{ data: jsonLines, delimiter: ";" }, /^--delimiter has no effect on files like a\.jsonl/],
    [{ data: jsonLines, header: true }, /^--header has no effect on files like a\.jsonl/],
    [{ revision: "v1" }, /--revision goes with a name on the Hub/],
    [{ dataRevision: "v1" }, /--data-revision goes with a name on the Hub/],
    [{ data: one, configName: "x" }, /files have no configurations/],
  ])("%j", async (options, message) => {
    expect(await inputError(() => train({ ...given, ...options } as TrainOptions))).toMatch(message);
  });

  test("what is given as it would be anyway is no error, and neither is what has an effect", () => {
    const same = { method: "none", epochs: 3, trainHead: true, semantics: "attune" };
    const used = [
      { head: "mean+mlp", mlpSize: 8 },
      { head: "auto", mlpSize: 8 },
      { multiLabel: true, labelSeparator: "|" },
    ];
    for (const options of [same, ...used]) expect(resolveNewOptions({ ...given, ...options })).toMatchObject(options);
  });

  test.each(Object.keys(trainOptions.shape).filter((key) => key !== "adapter"))("null is no %s", async (key) => {
    expect(await inputError(() => train({ ...given, [key]: null } as never))).toMatch(
      new RegExp(`^${key} cannot be null: it must be `),
    );
  });
});

describe("compare", () => {
  test.each<[object, string]>([
    [{ methods: ["full"], mlpSize: 5 }, "mlpSize of this plan has no effect without a head with +mlp"],
    [
      { methods: ["none"], epochs: 9 },
      'epochs of this plan has no effect with the method "none", which trains nothing',
    ],
    [{ methods: ["full"], ranks: [3] }, "ranks of this plan has no effect where none of the methods has a rank"],
    [
      { methods: ["full"], options: { lora: { alpha: 3 } } },
      'options.lora of this plan has no effect where no run has the method "lora"',
    ],
    [
      { options: { none: { epochs: 9 } } },
      'options.none.epochs of this plan has no effect with the method "none", which trains nothing',
    ],
    [
      { runs: [{ method: "none", warmup: 9 }] },
      'runs.0.warmup of this plan has no effect with the method "none", which trains nothing',
    ],
  ])("%j", async (options, message) => {
    const plan = resolvePlan({ model, data, ...options });
    expect(await inputError(() => requireUsedByRuns(plan, plannedRuns(plan, smallTask)))).toBe(
      `${message}; leave it out`,
    );
  });

  test("what one run of several heeds is no error", () => {
    const heads = { options: { full: { head: ["mean", "mean+mlp"] } } };
    const plan = resolvePlan({ model, data, methods: ["none", "full"], epochs: 4, mlpSize: 5, ...heads });
    requireUsedByRuns(plan, plannedRuns(plan, smallTask));
    const usual = resolvePlan({ model, data, recipe: "both", epochs: 4 });
    requireUsedByRuns(usual, plannedRuns(usual, smallTask));
  });
});

describe("pretrain", () => {
  const given = { data, out, new: true };

  test.each<[object, RegExp]>([
    [{ teacherWeight: 2 }, /^teacherWeight has no effect without a teacher; leave it out$/],
    [{ new: false, from: model, layers: 2 }, /^layers is an option of a new model/],
  ])("%j", async (options, message) => {
    expect(await inputError(() => resolvePretrainOptions({ ...given, ...options }))).toMatch(message);
  });

  test.each<[object, RegExp]>([
    [{ text: "body" }, /^--text has no effect on files of plain text/],
    [{ configName: "x" }, /^--config-name has no effect on files of plain text/],
  ])("%j of a text file", async (options, message) => {
    const plain = { ...given, data: file("a.txt", "some words\n"), ...options };
    expect(await inputError(() => pretrain(plain))).toMatch(message);
  });
});

test.each<[object, RegExp]>([
  [{ seed: 3 }, /^--seed has no effect where no split is made/],
  [{ revision: "v1" }, /--revision is about a model/],
  [{ maxLength: 8 }, /--max-length is about a model/],
  [{ data: one, labelSeparator: "|" }, /^--label-separator has no effect where no cell holds several labels/],
  [{ data: jsonLines, quote: "none" }, /^--quote has no effect on files like a\.jsonl/],
])("inspect %j", async (options, message) => {
  expect(await inputError(() => inspect({ data, ...options }))).toMatch(message);
});

test.each<[object, RegExp]>([
  [{ seed: 3 }, /^--seed has no effect where no split is made/],
  [{ data: join(data, "test.csv"), seed: 3 }, /^--seed has no effect where no split is made/],
  [{ group: "label" }, /^--group has no effect where no split is made/],
  [{ sharedTexts: "once" }, /^--shared-texts has no effect where no other split is read/],
  [{ data: join(data, "test.csv"), sharedTexts: "keep" }, /^--shared-texts has no effect where no other split is read/],
  [{ data: one, label: "label", labelSeparator: "|" }, /^--label-separator has no effect/],
])("evaluate %j", async (options, message) => {
  expect(await inputError(() => classifier.evaluate({ data, ...options }))).toMatch(message);
});
