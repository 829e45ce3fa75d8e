import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { writeReport } from "../../../src/report/write-report.ts";
import { changePredictions } from "../../study.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { bothRecipes, fabricated, withImbalance, withSetting } from "./comparisons.ts";

const study = fabricated();
const { folder } = scratchFolder();

/** All files of a report by name. */
function written(comparison: Comparison, out = folder({})): Record<string, string> {
  writeReport(comparison, out);
  return contentOf(out);
}

function contentOf(out: string): Record<string, string> {
  const entries = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map(({ parentPath, name }) => relative(out, join(parentPath, name))).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), "utf8")]));
}

const ids = (html: string): string[] => Array.from(html.matchAll(/<section id="([\w-]+)">/g), ([, id]) => id!);

let one: { path: string; comparison: Comparison };
let files: Record<string, string>;
let both: Record<string, string>;

beforeAll(async () => {
  one = await study();
  files = written(one.comparison);
  both = written((await study(bothRecipes())).comparison);
}, 120_000);

describe("report.html", () => {
  test("has its sections in this order", () => {
    expect(ids(both["report.html"]!)).toEqual([
      "answer",
      "results",
      "recipes",
      "conclusions",
      "curves",
      "pareto",
      "ranks",
      "confusion",
      "errors",
      "classes",
      "precision-recall",
      "confidence",
      "texts",
      "data",
      "methods",
      "reasons",
      "measured",
      "repeat",
    ]);
    expect(ids(files["report.html"]!)).not.toContain("recipes");
  });

  test("loads nothing, and allows no script but its own", () => {
    const html = files["report.html"]!;
    expect(html).not.toMatch(/<link|<img|@import|\ssrc=|url\((?!#)/);
    expect(Array.from(html.matchAll(/xlink:href|(?<![-\w])href="(?!#|https:\/\/arxiv\.org\/)/g))).toEqual([]);
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)![1]!;
    const hash = createHash("sha256").update(script).digest("base64");
    expect(html).toContain(`script-src 'sha256-${hash}'`);
    expect(html.match(/<script(?! type="application\/json")/g)).toHaveLength(1);
  });

  test("marks the best cells, but none of a row that trains nothing", () => {
    const html = files["report.html"]!;
    const rows = Array.from(html.matchAll(/<tr><th scope="row">.*?<\/tr>/g), ([row]) => row);
    const none = rows.filter((row) => row.includes("No training"));
    expect(none.length).toBeGreaterThan(1);
    expect(none.join()).not.toContain("(best)");
    const best = one.comparison.best.trainSeconds.map((id) => one.comparison.settings.find((s) => s.id === id)!.title);
    expect(best).toEqual(["Linear probe"]);
    expect(rows.some((row) => /Linear probe.*6\.4.s<span class="unseen"> \(best\)/.test(row))).toBe(true);
  });

  test("shows times that cannot be compared without marks, and draws no front of them", () => {
    const reason = "up to 2 runs ran at once";
    const html = written({ ...one.comparison, timesComparable: { comparable: false, reason } })["report.html"]!;
    expect(html).toContain(">6.4\u00a0s<");
    expect(html).not.toMatch(/6\.4.s<span class="unseen">/);
    expect(html).not.toContain("against total time");
    expect(html).toContain(`Times cannot be compared and have no marks: ${reason}.`);
  });

  test("takes colours from the page and has values as titles", () => {
    const html = files["report.html"]!;
    const charts = html.match(/<figure>.*?<\/figure>/gs)!;
    expect(charts.length).toBeGreaterThan(10);
    for (const chart of charts) {
      expect(chart).not.toMatch(/(fill|stroke)="#[0-9a-f]{6}"/);
      expect(chart).toContain("<title>");
    }
    expect(html).toContain("<title>Full fine-tuning, epoch 1: ");
  });

  test("is the same to the byte when it is made again", () => {
    expect(written(one.comparison)).toEqual(files);
  });

  test("says what was done about rare labels, and by which settings", () => {
    const told = (comparison: Comparison) =>
      /^- \*\*Uneven classes:\*\* (.*?) Validation and test/m.exec(written(comparison)["report.md"]!)![1]!;
    expect(told(one.comparison)).toBe("Every text counts once: no class weights, no label smoothing, no oversampling.");
    const weighted = withImbalance({
      classWeights: { anger: 0.66667, joy: 2, love: 1 },
      labelSmoothing: 0.1,
      balance: "oversample",
    });
    const { id } = one.comparison.settings.find(({ method }) => method === "full")!;
    const text = told(withSetting(one.comparison, id, weighted));
    expect(text).toContain(
      "Full fine-tuning: labels count in the training loss with the weights anger 0.667, joy 2.00, love 1.00; " +
        "label smoothing 0.1; texts of rare labels are drawn again until all labels are equally frequent",
    );
    expect(text).toMatch(/Linear probe.*: every text counts once/);
  });
});

describe("beside it", () => {
  test("report.md names pictures that are there, each of them well-formed", () => {
    const pictures = Array.from(files["report.md"]!.matchAll(/\]\((report\/[^)]+\.svg)\)/g), ([, path]) => path!);
    expect(pictures.length).toBeGreaterThan(10);
    expect([...new Set(pictures)].sort()).toEqual(Object.keys(files).filter((name) => name.startsWith("report/")));
    for (const path of pictures) {
      expect(files[path]).toMatch(/^<svg .*<\/svg>\s*$/s);
      expect(files[path]).not.toContain("var(--");
    }
  });

  test("results.csv has one row a run, finished or not, and epochs.csv one an epoch", async () => {
    const { comparison } = await study({ failed: ["tuned-probe-s42"], missing: ["tuned-lora-r2-s42"], texts: 60 });
    const made = written(comparison);
    const rows = parse(made["results.csv"]!, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ run, status }) => [run, status])).toEqual([
      ["tuned-none-s42", "done"],
      ["tuned-full-s42", "done"],
      ["tuned-lora-r8-s42", "done"],
      ["tuned-lora-r32-s42", "done"],
      ["tuned-probe-s42", "failed"],
      ["tuned-lora-r2-s42", "missing"],
    ]);
    const full = comparison.settings.find(({ method }) => method === "full")!.runs[0]!;
    expect(Number(rows[1]!.test_macro_f1)).toBe(full.test.f1);
    expect(Number(rows[1]!.train_seconds)).toBe(full.result.seconds.train);
    expect(rows[4]!.reason).toBe("the loss became NaN at step 7 (epoch 1)");
    const epochs = parse(made["epochs.csv"]!, { columns: true }) as Record<string, string>[];
    expect(epochs).toHaveLength(3 * 3);
    expect(epochs[0]).toMatchObject({ run: "tuned-full-s42", epoch: "1", best: "0" });
    expect(made["report.html"]).toContain("tuned-probe-s42</code> failed: the loss became NaN");
  });

  test("what an earlier report left is gone, no half file is there, and what others left stays", () => {
    const picture = files["report/training-loss.svg"]!;
    const out = folder({
      ...files,
      "report/old.svg": picture,
      "report.partial/x.svg": "",
      "report.md.partial": "x",
      "my.txt": "x",
    });
    const again = written(one.comparison, out);
    const foreign = [join("report.partial", "x.svg"), "report.md.partial", "my.txt"];
    expect(Object.keys(again).filter((name) => !foreign.includes(name))).toEqual(Object.keys(files));
    expect(Object.keys(again)).toEqual(expect.arrayContaining(foreign));
  });

  test.each([
    ["report/notes.txt", "mine"],
    ["report/plot.svg", "<svg></svg>"],
    ["report/data/a.svg", "<svg></svg>"],
    ["report", "a file"],
    ["report.html", "<title>My report</title>"],
    ["report.md", "# My report\n"],
    ["results.csv", "name,score\na,1\n"],
    ["epochs.csv", ""],
    ["results.csv/a.txt", "a folder"],
    ["nearest.json", '{ "shops": [] }'],
  ])("%s of others is not replaced, and nothing is written", (name, content) => {
    const out = folder({ [name]: content });
    expect(() => written(one.comparison, out)).toThrow(/: no report of Attune wrote this, .* choose another --out$/);
    expect(contentOf(out)).toEqual({ [name]: content });
  });
});

test("changed predictions change what depends on them and nothing else", async () => {
  const { path, comparison } = await study({ texts: 120 });
  const before = written(comparison);
  changePredictions(path, "tuned-probe-s42", (row, i) =>
    i < 30 ? { ...row, predicted: "love", logits: [0, 0, 9], probabilities: [0, 0, 1] } : row,
  );
  const after = written(await compareStudy([path]));
  const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
  expect(changed).toEqual(
    expect.arrayContaining(["report.html", "report.md", "report/confusion-tuned-probe.svg", "results.csv"]),
  );
  for (const name of [
    "epochs.csv",
    "report/confusion-tuned-full.svg",
    "report/training-loss.svg",
    "report/lora-ranks.svg",
  ])
    expect(after[name]).toBe(before[name]);
  const row = (text: string) => text.split("\r\n").filter((line) => !line.startsWith("tuned-probe-"));
  expect(row(after["results.csv"]!)).toEqual(row(before["results.csv"]!));
});

describe("names and texts of the data", () => {
  const HOSTILE = [
    `<script>alert("1")</script>`,
    "שמחה | גדולה",
    "とても嬉しい`",
    "=cmd|' /C calc'!A1",
    "a\u0000\ud800\u202e",
    "👨‍👩‍👧‍👦".repeat(30),
  ];
  /** Every label takes the name of another. */
  const renamed = (comparison: Comparison, names: readonly string[]): Comparison => {
    const { labels } = comparison.data;
    const swap = (text: string) => {
      const k = labels.indexOf(text);
      return k < 0 ? text : names[k]!;
    };
    return JSON.parse(JSON.stringify(comparison), (_, value) => (typeof value === "string" ? swap(value) : value));
  };

  test("are harmless in every file", () => {
    for (const offset of [0, 3]) {
      const names = HOSTILE.slice(offset, offset + 3);
      const text = `<img src=x onerror=alert(1)> ${names.join(" ")} \u2028 ${"W".repeat(200)}`;
      const base = renamed(one.comparison, names);
      const texts = (all: Comparison["allWrong"]) => all.map((telling) => ({ ...telling, text }));
      const made = written({ ...base, allWrong: texts(base.allWrong), onlyOneRight: texts(base.onlyOneRight) });
      expect(made["report.html"]!.match(/<script(?! type="application\/json")/g)).toHaveLength(1);
      expect(made["report.html"]).not.toMatch(/<img/);
      expect(made["report.md"]).not.toMatch(/<img|<script/);
      for (const [name, content] of Object.entries(made)) {
        expect(content).not.toMatch(/\p{Surrogate}|\0/u);
        if (name.endsWith(".svg")) expect(content).not.toMatch(/<script|<img/);
      }
    }
  });

  test("many labels: one matrix, which can be zoomed, and a table of all classes, which can be sorted", () => {
    const count = 60;
    const wide = (comparison: Comparison): Comparison => ({
      ...comparison,
      data: { ...comparison.data, labels: labelNames, counts: { train: labelNames.map((_, k) => k + 1) } },
      settings: comparison.settings.map((setting) => ({
        ...setting,
        runs: setting.runs.map((run) => ({
          ...run,
          test: {
            ...run.test,
            perClass: labelNames.map((label, k) => ({ label, precision: 0.5, recall: 0.5, f1: k / count, support: 4 })),
            confusion: labelNames.map((_, i) =>
              labelNames.map((_, j) => (i === j ? 2 : j === (i + 1) % count ? 2 : 0)),
            ),
          },
        })),
      })),
    });
    const labelNames = Array.from({ length: count }, (_, k) => `label ${k}`);
    const made = written(wide(one.comparison));
    expect(Object.keys(made).filter((name) => name.includes("confusion"))).toEqual(["report/confusion-tuned-full.svg"]);
    const html = made["report.html"]!;
    expect(html.match(/<figure data-zoomable>/g)).toHaveLength(1);
    const classes = /<section id="classes">[\s\S]*?<\/section>/.exec(html)![0];
    expect(classes.match(/<table data-sortable>[\s\S]*/)![0].match(/<tr><th scope="row">/g)).toHaveLength(count);
    // Dots of classes have nothing between them that a line could stand for.
    expect(classes.match(/<title>/g)!.length).toBe(count * 3);
    expect(made["report.html"]!.length).toBeLessThan(1.5e6);
  });
});

test("a folder that cannot be written is said by the system", () => {
  const out = folder({ report: "a file where a folder should be" });
  writeFileSync(join(out, "blocked"), "");
  expect(() => writeReport(one.comparison, join(out, "blocked"))).toThrow(/EEXIST|ENOTDIR/);
});
