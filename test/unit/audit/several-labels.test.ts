/** Audits of texts with any number of labels: each label by itself, as cleanlab has it (make_audit.py). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allTexts } from "../../../src/audit/audited-texts.ts";
import { auditLabels } from "../../../src/audit/label-issues.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { scratchFolder } from "../tables/scratch.ts";

const { file } = scratchFolder();
const { severalLabels: theirs } = JSON.parse(
  readFileSync(new URL("../../fixtures/audit.json", import.meta.url), "utf8"),
) as { severalLabels: { probabilities: number[][]; given: number[][]; found: number[][] } };
const NAMES = ["a", "b", "c"];

test("the doubtful labels are cleanlab's, and what is suggested differs in the most doubtful one", async () => {
  const rows = theirs.given.map((own, i) => JSON.stringify({ text: `text ${i}`, labels: own.map((k) => NAMES[k]) }));
  const path = file("several.jsonl", rows.join("\n"));
  const dataset = await loadDataset({ path, multiLabel: true, seed: 1, sharedTexts: "keep" });
  const texts = allTexts(dataset);
  expect(texts.labels).toEqual(NAMES);
  const { issues, classes, pairs } = auditLabels(texts, Float32Array.from(theirs.probabilities.flat()));
  const doubtful = [...new Set(theirs.found.flat())].sort((a, b) => a - b);
  expect(issues.map(({ text }) => text).sort((a, b) => a - b)).toEqual(doubtful);
  expect(doubtful.length).toBeGreaterThan(10);
  expect(classes.map(({ label }) => label)).toEqual(NAMES);
  expect(pairs).toEqual([]);
  for (const { text, suggested, givenProbability } of issues) {
    const given = theirs.given[text]!;
    const changed = NAMES.map((_, k) => k).filter((k) => given.includes(k) !== suggested.includes(k));
    expect(changed).toHaveLength(1);
    expect(theirs.found[changed[0]!]).toContain(text);
    const p = theirs.probabilities[text]![changed[0]!]!;
    expect(Math.abs(givenProbability - (given.includes(changed[0]!) ? p : 1 - p))).toBeLessThan(1e-6);
  }
});
