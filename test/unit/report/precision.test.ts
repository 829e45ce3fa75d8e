/** What reports say of runs that were to be in 8 bits. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeAll, expect, test } from "vitest";
import type { Comparison, Setting } from "../../../src/comparison/comparison.ts";
import { writeReport } from "../../../src/report/write-report.ts";
import type { PrecisionFacts } from "../../../src/run/prepare-checked.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { fabricated, withSetting } from "./comparisons.ts";

const study = fabricated();
const { folder } = scratchFolder();
let plain: Comparison;
beforeAll(async () => {
  plain = (await study({ seeds: [42, 43] })).comparison;
}, 120_000);

const checkOf = (logits: number): PrecisionFacts["check"] => ({
  texts: 64,
  logits: { cosine: 0.99, relativeError: logits },
  loss: { float32: 2, int8: 2.01 },
  gradients: { cosine: 0.99, relativeError: 0.0612 },
});

/** A setting in 8 bits, of which the first run fell back to float32 where `falls`. */
const inInt8 =
  (falls: boolean) =>
  (setting: Setting): Setting => ({
    ...setting,
    runs: setting.runs.map((run, i) => {
      const used = falls && i === 0 ? "float32" : "int8";
      const testFloat32 = { ...run.result.test, accuracy: 0.75 + i / 10, f1: 0.5 };
      return {
        ...run,
        facts: {
          ...run.facts,
          precision: { used, check: checkOf(used === "int8" ? 0.083 : 0.71), largestWeight: 127 } as PrecisionFacts,
        },
        result: { ...run.result, ...(used === "int8" && { testFloat32 }) },
      };
    }),
  });

function written(comparison: Comparison): { markdown: string; rows: Record<string, string>[] } {
  const out = folder({});
  writeReport(comparison, out);
  const read = (name: string) => readFileSync(join(out, name), "utf8");
  return { markdown: read("report.md"), rows: parse(read("results.csv"), { columns: true }) };
}

test("runs in int8 have their test figures in float32 beside, and what 8 bits changed before training", () => {
  const { markdown, rows } = written(withSetting(plain, "tuned/lora-r8", inInt8(false)));
  const section = /## 8-bit products beside float32\n([\s\S]*?)\n## /.exec(markdown)![1]!;
  const { test } = plain.settings.find(({ id }) => id === "tuned/lora-r8")!;
  const cells = [test.accuracy.value, 0.8, test.f1.value, 0.5].map((value) => value.toFixed(4));
  const [row, ...others] = section.split("\n").filter((line) => line.startsWith("| LoRA"));
  expect(others).toEqual([]);
  expect(
    row!
      .split("|")
      .map((cell) => cell.trim())
      .slice(2, -1),
  ).toEqual([...cells, "8.3 %", "0.5 %", "6.1 %"]);
  expect(row).toContain("int8");
  expect(section).not.toContain("is in float32:");
  expect(section).toContain("whole numbers within ±127");
  const int8 = rows.filter(({ computed_in }) => computed_in === "int8");
  expect(int8.map(({ setting }) => setting)).toEqual(["tuned/lora-r8", "tuned/lora-r8"]);
  expect(int8.map(({ test_float32_accuracy }) => Number(test_float32_accuracy))).toEqual([0.75, 0.85]);
});

test("a run that fell back says why, and has no second figure", () => {
  const { markdown } = written(withSetting(plain, "tuned/lora-r8", inInt8(true)));
  expect(markdown).toMatch(
    /`tuned-lora-r8-s42` is in float32: on 64 texts 8-bit products change the logits by 71 %, more than 20 %\./,
  );
  const row = markdown.split("\n").find((line) => line.startsWith("| LoRA, rank 8") && line.includes("71.0 %"))!;
  expect(row).toContain("int8 in 1 of 2 runs, else float32");
  expect(row).toContain("| – |");
});

test("without 8 bits nothing is said of them", () => {
  const { markdown, rows } = written(plain);
  expect(markdown).not.toMatch(/8-bit|int8/);
  expect(Object.keys(rows[0]!)).not.toContain("computed_in");
});
