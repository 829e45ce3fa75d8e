import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import { openSources } from "../../../src/hub/named-inputs.ts";
import { inspect } from "../../../src/inspection/inspect-texts.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { DATA_FACTS, describeStudyData, openStudyInput } from "../../../src/study/data-facts.ts";
import { fabricatedSettings, fabricateStudy } from "../../study.ts";
import { tinyData, tinyModel } from "../../tiny.ts";

const folder = mkdtempSync(join(tmpdir(), "attune-data-facts-"));
afterAll(() => rmSync(folder, { recursive: true }));
const model = tinyModel(join(folder, "model"));
const data = tinyData(join(folder, "data"), { rows: 30 });
const sources = await openSources({ model, data }, {});
const options = resolveOptions({ model, data, limit: 20, maxLength: 6, out: "-" });
const facts = describeStudyData(await openStudyInput(options, sources));

test("what is known of data that are there is what inspect finds", async () => {
  const { bagOfWords, counts, ...found } = await inspect({ data, model, maxLength: 6 });
  expect(counts.train).toEqual([15, 15]);
  // What is about training texts alone is about those that are trained on.
  const { reading, labels, multiLabel, maxLength, notes } = found;
  expect(facts).toMatchObject({ reading, labels, multiLabel, maxLength, notes });
  expect(facts.bagOfWords).toMatchObject({ trainedOn: 20 });
  expect(bagOfWords).toMatchObject({ trainedOn: 30 });
  expect(facts).toMatchObject({
    path: data,
    labels: ["negative", "positive"],
    counts: { train: [10, 10], validation: [5, 5], test: [5, 5] },
    trainedOn: 20,
    ofTexts: 30,
    majorityAccuracy: 0.5,
    notes: [],
  });
  expect(facts.cutShare).toBeGreaterThan(0);
  expect(facts.tokens!.longest).toBeGreaterThan(6);
});

test("they are kept in the study, or read again, or counted in the predictions", async () => {
  const study = fabricateStudy(join(folder, "study"), { settings: fabricatedSettings("tuned").slice(1, 2), texts: 20 });
  const gone = (await compareStudy([study])).data;
  expect(gone).toMatchObject({ path: "gone/data", sha256: "da7a", labels: ["anger", "joy", "love"] });
  expect(gone.counts.test!.reduce((a, b) => a + b)).toBe(20);
  expect(gone.counts.train).toBeUndefined();
  expect(gone.notes[0]).toMatch(/^The data or the model cannot be read any more \(gone\/data: .*\), so the training/);

  const runJson = join(study, "runs", "tuned-full-s42", "run.json");
  const options = { model, data, limit: 20, maxLength: 6 };
  const run = JSON.parse(readFileSync(runJson, "utf8"));
  writeFileSync(runJson, JSON.stringify({ ...run, options: { ...run.options, ...options } }));
  expect((await compareStudy([study])).data.notes[0]).toMatch(/^The data have changed since, so/);
  writeFileSync(runJson, JSON.stringify({ ...run, options: { ...run.options, ...options }, dataSha256: facts.sha256 }));
  expect((await compareStudy([study])).data).toEqual(facts);

  writeFileSync(runJson, JSON.stringify(run));
  const kept = { ...facts, sha256: "da7a" };
  writeFileSync(join(study, DATA_FACTS), JSON.stringify(kept));
  expect((await compareStudy([study])).data).toEqual(kept);
  writeFileSync(join(study, DATA_FACTS), JSON.stringify(facts)); // Of other data.
  expect((await compareStudy([study])).data).toEqual(gone);
});
