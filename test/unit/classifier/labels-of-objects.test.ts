/** Labels that every JavaScript object has a property of: from the table to the report they are labels like others. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import { writeReport } from "../../../src/report/write-report.ts";
import { train } from "../../../src/run/train.ts";
import { tinyModel } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const LABELS = ["__proto__", "constructor", "toString"];
const WORDS = ["good", "bad", "happy"];
const FILLERS = ["cat", "dog", "running", "very"];
const { file, folder } = scratchFolder();
const texts = Array.from({ length: 72 }, (_, i) => {
  const fillers = [i % 4, (i >> 2) % 4, (i >> 4) % 4].map((k) => FILLERS[k]);
  return `${WORDS[i % 3]} ${fillers[0]} ${WORDS[i % 3]} ${fillers[1]} ${fillers[2]} ${i}`;
});
const csv = (labelOf: (i: number) => string): string =>
  `text,label\n${texts.map((text, i) => `${text},${labelOf(i)}`).join("\n")}\n`;
const data = file(
  "labels.csv",
  csv((i) => LABELS[i % 3]!),
);
const weights = file("weights.json", '{"__proto__": 2, "constructor": 1, "toString": 1}');
const root = folder({});
const run = join(root, "run");
const options = { epochs: 4, batchSize: 8, learningRate: 1e-2, threads: 1, head: "mean" } as const;

beforeAll(async () => {
  await train({ model: tinyModel(join(root, "model")), data, out: run, classWeights: weights, ...options });
});

/** What a classifier says of one text of each label. */
async function saidBy(path: string) {
  await using classifier = await load(path, { threads: 1 });
  const found = await classifier.predict(texts.slice(0, 3));
  for (const { label, probabilities, scores } of found) {
    expect(Object.keys(probabilities).sort()).toEqual(LABELS);
    expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(label).toBe(scores[0]!.label);
  }
  return found.map(({ label }) => label);
}

test("are learned, predicted and measured", async () => {
  expect(await saidBy(run)).toEqual(LABELS);
  await using classifier = await load(run, { threads: 1 });
  const { metrics } = await classifier.evaluate({ data });
  expect(metrics.perClass.map(({ label }) => label).sort()).toEqual(LABELS);
  expect(metrics.accuracy).toBeGreaterThan(0.9);
  const stored = JSON.parse(readFileSync(join(run, "result.json"), "utf8"));
  expect(stored.test.perClass.map(({ label }: { label: string }) => label).sort()).toEqual(LABELS);
  expect(Object.keys(stored.imbalance.classWeights).sort()).toEqual(LABELS);
});

describe("are exported", () => {
  test("to Transformers", async () => {
    const out = join(root, "transformers");
    await exportRun(run, { format: "transformers", out });
    expect(Object.values(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).id2label).sort()).toEqual(LABELS);
    expect(await saidBy(out)).toEqual(LABELS);
  });

  test("to ONNX", async () => {
    const out = join(root, "onnx");
    await exportRun(run, { format: "onnx", out });
    expect(Object.values(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).id2label).sort()).toEqual(LABELS);
  });
});

test("are in a report with their figures", async () => {
  const out = join(root, "report");
  writeReport(await compareStudy([run]), out);
  // What draws the charts remembers texts by name.
  expect(Object.keys(Object.prototype)).toEqual([]);
  for (const path of ["report.md", "report.html"]) {
    const text = readFileSync(join(out, path), "utf8");
    for (const label of LABELS) expect(text.replaceAll("\\", "")).toContain(label);
    // The page's own script has these words.
    expect(text.replace(/<script>.*?<\/script>/gs, "")).not.toMatch(/\[object |function Object|NaN|undefined/);
  }
});

test("of which a text may have any number", async () => {
  const several = file(
    "several.csv",
    csv((i) => `"${[LABELS[i % 3], ...(i % 2 ? [LABELS[(i + 1) % 3]] : [])].join("|")}"`),
  );
  const out = join(root, "several");
  const { result } = await train({
    ...{ model: join(root, "model"), data: several, out, multiLabel: true, labelSeparator: "|", ...options },
  });
  expect(Object.keys(result.thresholds!).sort()).toEqual(LABELS);
  await using classifier = await load(out, { threads: 1 });
  const [found] = await classifier.predict([texts[0]!]);
  expect(Object.keys(found!.probabilities).sort()).toEqual(LABELS);
  for (const label of found!.labels!) expect(LABELS).toContain(label);
});
