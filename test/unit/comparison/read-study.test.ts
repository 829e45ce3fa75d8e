import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { ComparedRun } from "../../../src/comparison/comparison.ts";
import { readStudy } from "../../../src/comparison/read-study.ts";
import { train } from "../../../src/run/train.ts";
import { changePredictions, fabricatedSettings, fabricateStudy } from "../../study.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";

const folder = mkdtempSync(join(tmpdir(), "attune-read-study-"));
afterAll(() => rmSync(folder, { recursive: true }));
const settings = fabricatedSettings("tuned").slice(1, 4);
let count = 0;
const study = (given = {}) => fabricateStudy(join(folder, `study-${++count}`), { settings, texts: 20, ...given });
const replaceIn = (file: string, text: string | RegExp, by: string) =>
  writeFileSync(file, readFileSync(file, "utf8").replace(text, by));

describe("errors", () => {
  test("a folder that is no study", () => {
    expect(() => readStudy(folder)).toThrow(
      `${folder}: there is no study.json in it, so this is not the folder of a study`,
    );
  });

  test("a study in which nothing has finished", async () => {
    const path = study({ failed: ["tuned-full-s42"], missing: ["tuned-probe-s42", "tuned-lora-r2-s42"] });
    await expect(compareStudy([path])).rejects.toThrow(
      "no run of this study has finished, so there is nothing to compare (1 failed, the first (tuned-full-s42) because: the " +
        "loss became NaN at step 7 (epoch 1); 2 to go); go on with: attune compare",
    );
  });

  test.each([
    ["study.json", /\{/, "{,", "this is not JSON (Expected"],
    ["study.json", '"jobs": 1,', "", '"jobs" cannot be used'],
    ["runs/tuned-full-s42/run.json", '"dataSha256"', '"x"', '"dataSha256" cannot be used'],
    ["runs/tuned-full-s42/result.json", /"train": [\d.]+/, '"train": "long"', '"seconds.train" cannot be used'],
    ["runs/tuned-full-s42/predictions/test.jsonl", /^.*\n/, "{\n", "line 1: this is not JSON"],
    ["runs/tuned-full-s42/predictions/test.jsonl", /"logits":\[/, '"logits":[1,', 'line 1: "logits" must be 3 numbers'],
    ["runs/tuned-full-s42/predictions/test.jsonl", /"logits":\[[^,]*/, '"logits":[null', 'line 1: "logits" must be 3'],
    [
      "runs/tuned-full-s42/predictions/test.jsonl",
      /"predicted":"\w+"/,
      '"predicted":"rage"',
      'line 1: "predicted" is "rage", which is no label of this run',
    ],
    ["runs/tuned-full-s42/predictions/validation.jsonl", /[\s\S]*/, "", "there are no predictions in it"],
    ["runs/tuned-probe-s42/predictions/test.jsonl", /.*\n$/, "", "it has 19 rows instead of 20, unlike"],
    ["runs/tuned-probe-s42/predictions/test.jsonl", "test-3", "test-4", 'line 4: this is the text "test-4", unlike'],
  ])("in %s is named: %s", async (file, text, by, message) => {
    const path = study();
    replaceIn(join(path, file), text, by);
    const failure = (await compareStudy([path]).catch((error) => error)) as Error;
    expect(failure.name).toBe("AttuneError");
    expect(failure.message.startsWith(join(path, file))).toBe(true);
    expect(failure.message).toContain(message);
  });

  test("a run without its predictions", async () => {
    const path = study();
    const file = join(path, "runs", "tuned-full-s42", "predictions", "test.jsonl");
    rmSync(file);
    await expect(compareStudy([path])).rejects.toThrow(`${file}: cannot be read (ENOENT`);
  });

  test("a text with another label than in the other runs", async () => {
    const path = study();
    changePredictions(path, "tuned-probe-s42", (row, i) => (i === 4 ? { ...row, label: "love" } : { ...row }));
    changePredictions(path, "tuned-full-s42", (row, i) => (i === 4 ? { ...row, label: "joy" } : { ...row }));
    await expect(compareStudy([path])).rejects.toThrow(', line 5: its label is "love", unlike ');
  });
});

test("runs as `train` leaves them", async () => {
  const path = study({ settings: fabricatedSettings("own").slice(0, 2), missing: ["own-none-s42", "own-full-s42"] });
  const shared = { model: tinyModel(join(folder, "model")), data: tinyData(join(folder, "data")) };
  for (const choice of [{ method: "none" }, { method: "full", ...tinyTraining }] as const)
    for await (const _ of train({ ...shared, ...choice, out: join(path, "runs", `own-${choice.method}-s42`) }));
  const { settings: found, data, missing } = await compareStudy([path]);
  expect(missing).toEqual([]);
  expect(found.map(({ validation }) => validation !== undefined)).toEqual([false, true]);
  for (const { runs, validation, cost } of found) {
    const [{ test: recomputed, result }] = runs as [ComparedRun];
    const { loss, calibrationError, ...counted } = result.test;
    expect(recomputed).toMatchObject(counted);
    expect(recomputed.loss).toBeCloseTo(loss, 13);
    expect(recomputed.calibrationError).toBeCloseTo(calibrationError!, 13);
    if (validation) expect(validation.f1).toBe(result.epochs[result.bestEpoch - 1]!.validation.f1);
    expect(cost.storedBytes).toBe(result.storedBytes);
  }
  expect(data.trainedOn).toBe(48);

  // Each of them by itself is a study of one run.
  const alone = await compareStudy([join(path, "runs", "own-full-s42")]);
  expect(alone.settings.map(({ id, test: quality }) => [id, quality])).toEqual([["own/full", found[1]!.test]]);
  expect(alone.recommended?.chosen).toBe("own/full");
  expect(alone.studies[0]!.command).toMatch(
    /^attune train --model .* --batch-size 4 --learning-rate 0\.005 --out NEW$/,
  );
  const both = await compareStudy(["own-none-s42", "own-full-s42"].map((name) => join(path, "runs", name)));
  expect(both.settings.map(({ id }) => id)).toEqual(["tuned/none", "own/full"]);
});

describe("the state of a run", () => {
  test("a failure counts until the run is done after all", () => {
    const path = study();
    mkdirSync(join(path, "failed"), { recursive: true });
    writeFileSync(
      join(path, "failed", "tuned-full-s42.json"),
      JSON.stringify({ name: "tuned-full-s42", reason: "why" }),
    );
    expect(readStudy(path)).toMatchObject({ failed: [], missing: [] });
    const run = join(path, "runs", "tuned-full-s42", "run.json");
    replaceIn(run, '"status": "done"', '"status": "running"');
    expect(readStudy(path).failed).toEqual([{ name: "tuned-full-s42", reason: "why" }]);
    rmSync(join(path, "failed", "tuned-full-s42.json"));
    expect(readStudy(path).missing).toEqual(["tuned-full-s42"]);
    replaceIn(run, '"status": "running"', '"status": "failed", "reason": "out of memory"');
    expect(readStudy(path).failed).toEqual([{ name: "tuned-full-s42", reason: "out of memory" }]);
  });
});

describe("several studies", () => {
  test("settings that both have are told apart, and held against their own full fine-tuning", async () => {
    const [a, b] = [study(), study({ seeds: [7] })];
    const [nameA, nameB] = [a, b].map((path) => path.split("/").at(-1)!);
    const { settings: all, differences, studies, best } = await compareStudy([a, b]);
    expect(studies.map(({ seeds }) => seeds)).toEqual([[42], [7]]);
    expect(all.map(({ id }) => id)).toEqual(
      [nameA, nameB].flatMap((name) => settings.map(({ id }) => `${id}@${name}`)),
    );
    expect(all[0]!.title).toBe(`Full fine-tuning (${nameA})`);
    expect(all[0]!.runs[0]!.planned.name).toBe(`tuned-full-s42@${nameA}`);
    for (const { setting, against } of differences) expect(setting.split("@")[1]).toBe(against.split("@")[1]);
    expect(best.trainSeconds).toEqual([`tuned/probe@${nameB}`]);
  });

  test("settings that only one has keep their id, and use the other's full fine-tuning", async () => {
    const full = study({ settings: settings.slice(0, 1) });
    const probe = study({ settings: settings.slice(1, 2) });
    const { settings: all, differences } = await compareStudy([full, probe]);
    expect(all.map(({ id }) => id)).toEqual(["tuned/full", "tuned/probe"]);
    expect(differences).toMatchObject([{ setting: "tuned/probe", against: "tuned/full" }]);
  });

  test("folders of the same name are numbered; the same folder twice is refused", async () => {
    const a = study();
    const b = join(folder, "other", a.split("/").at(-1)!);
    cpSync(a, b, { recursive: true });
    const { settings: all } = await compareStudy([a, b]);
    expect(all.map(({ id }) => id.replace(/study-\d+/, "study"))).toEqual(
      [1, 2].flatMap((i) => settings.map(({ id }) => `${id}@study-${i}`)),
    );
    await expect(compareStudy([a, a])).rejects.toThrow(`${a}: this study is named twice`);
  });

  test("of other data are refused", async () => {
    const [a, b] = [study(), study()];
    for (const { id } of settings)
      replaceIn(join(b, "runs", `${id.replace("/", "-")}-s42`, "run.json"), "da7a", "0the5");
    await expect(compareStudy([a, b])).rejects.toThrow(
      `${b}: tuned-full-s42@${b.split("/").at(-1)} of ${b} was made with other data than `,
    );
  });
});
