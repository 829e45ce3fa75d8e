/** The report of a search: what it says, that it is the same when it is made again, and that values cannot do harm. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { timeSpan } from "../../../../src/base/format.ts";
import { writeSearchReport } from "../../../../src/report/search/write-search-report.ts";
import { replay } from "../../../../src/search/replay.ts";
import { scratchFolder } from "../../tables/scratch.ts";
import { HOSTILE, type Searched, searched } from "./searched.ts";

const { folder } = scratchFolder();

function written({ search, entries }: Searched, out = folder({})): Record<string, string> {
  writeSearchReport(search, entries, out);
  const found = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = found.map(({ parentPath, name }) => relative(out, join(parentPath, name))).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), "utf8")]));
}

let one: Searched;
let files: Record<string, string>;

beforeAll(() => {
  one = searched();
  files = written(one);
});

const ids = (html: string): string[] => Array.from(html.matchAll(/<section id="([\w-]+)">/g), ([, id]) => id!);
const plain = (html: string): string => html.replaceAll("\u00a0", " ");

describe("a finished search", () => {
  test("has its files, and its sections in this order", () => {
    expect(Object.keys(files)).toEqual([
      "search.html",
      "search.md",
      "search/best-so-far.svg",
      "search/courses.svg",
      "search/trials.svg",
      "trials.csv",
    ]);
    expect(ids(files["search.html"]!)).toEqual([
      "answer",
      "trials",
      "importance",
      "best",
      "progress",
      "decided",
      "repeat",
    ]);
  });

  test("says what to train with, the test figure once, and what it cost beside what it would have", () => {
    const html = plain(files["search.html"]!);
    const { trials, best, epochs } = replay(one.search, one.entries);
    const { values } = trials.find(({ trial }) => trial === best!.trial)!;
    expect(html).toMatch(
      new RegExp(`attune train [^<]*--learning-rate ${values.learningRate} [^<]*--rank ${values.rank} `),
    );
    expect(html.match(/0\.7931/g)).toHaveLength(1);
    expect(html.match(/0\.8312/g)).toHaveLength(1);
    expect(html).toContain(`${epochs} epochs instead of ${30 * 9} without stopping`);
    // Each result of the played search takes a minute for its epochs: of 1, of 2 more, and of 6 more.
    const minutes = trials.reduce((sum, { scores }) => sum + { 1: 1, 3: 2, 9: 3 }[scores.length]!, 0);
    const whole = trials.reduce((sum, { scores }) => sum + { 1: 9, 3: 6, 9: 3 }[scores.length]!, 0);
    expect(html.includes(`${timeSpan(60 * minutes)} of training instead of about ${timeSpan(60 * whole)}`)).toBe(true);
  });

  test("lets no value do harm, in the page, in Markdown and in pictures", () => {
    // In Markdown, code is no markup.
    const outOfCode = (text: string) => text.replace(/`[^`\n]*`|^ {4}.*$/gm, "");
    for (const [name, text] of Object.entries(files))
      if (name !== "trials.csv") expect(name.endsWith(".md") ? outOfCode(text) : text, name).not.toContain("<img");
    expect(files["search.html"]).toContain("&lt;img src=x onerror=&quot;window.harmed = 1&quot;&gt;");
    const rows = parse(files["trials.csv"]!, { columns: true }) as Record<string, string>[];
    expect(rows.map(({ head }) => head)).toContain(HOSTILE);
  });

  test("has every trial as a row of trials.csv", () => {
    const rows = parse(files["trials.csv"]!, { columns: true }) as Record<string, string>[];
    const { trials } = replay(one.search, one.entries);
    expect(rows.map(({ trial }) => trial)).toEqual(trials.map(({ trial }) => trial));
    for (const [i, { scores, values }] of trials.entries()) {
      const row = rows[i]!;
      expect(JSON.parse(row.validation_f1_by_epoch!)).toEqual(scores);
      expect(Number(row.best_validation_f1)).toBe(Math.max(...scores));
      expect(scores[Number(row.best_epoch) - 1]).toBe(Math.max(...scores));
      expect(Number(row.learningRate)).toBe(values.learningRate);
      expect(row.status).toBe(scores.length === 9 ? "trained to its end" : "stopped");
    }
  });

  test("is the same to the byte when it is made again, over itself", () => {
    const out = folder({});
    written(one, out);
    expect(written(one, out)).toEqual(files);
  });

  test("takes the place of no file that is not its own", () => {
    const out = folder({});
    writeFileSync(join(out, "trials.csv"), "a,b\n1,2\n");
    expect(() => writeSearchReport(one.search, one.entries, out)).toThrow(
      /trials\.csv: no report of Attune wrote this/,
    );
    expect(readdirSync(out)).toEqual(["trials.csv"]);
  });
});

test("a search on the way says how far it is, and one with nothing but failures that they failed", () => {
  const half = one.entries.slice(0, 31);
  const { trials } = replay(one.search, half);
  const html = written({ ...one, entries: half })["search.html"]!;
  const underWay = trials.filter(({ underWay: epochs }) => epochs !== undefined).length;
  expect(html).toContain(
    `The search has not come to its end: ${trials.length} trials so far, ${underWay} of them under way.`,
  );
  expect(html).not.toContain("On test");
  expect(ids(written({ ...one, entries: [] })["search.html"]!)).toEqual(["answer", "decided", "repeat"]);

  const [trial, start] = one.entries;
  const failed = { type: "failed", trial: "t001", rung: 0, reason: `${HOSTILE} became NaN`, elapsed: 1 } as const;
  const entries = [trial!, start!, failed, { type: "end", reason: "budget" } as const];
  const none = written({ ...one, entries })["search.html"]!;
  expect(none).toContain("Every trial has failed.");
  expect(none).toContain("t001: <bdi>&lt;img");
  expect(ids(none)).toEqual(["answer", "importance", "failures", "decided", "repeat"]);
});

test("a loss is shown as a loss, and one rung without a word of stopping", () => {
  const { search, entries } = one;
  const asLoss = entries.map((entry) =>
    entry.type === "result" ? { ...entry, score: entry.score - 1, scores: entry.scores.map((s) => s - 1) } : entry,
  );
  const html = written({ search: { ...search, metric: "loss" }, entries: asLoss })["search.html"]!;
  const best = Math.max(...asLoss.flatMap((entry) => (entry.type === "result" ? [entry.score] : [])));
  expect(html).toContain(`loss ${(-best).toFixed(4)}`);
  const whole = written(searched({ rungs: [3], pruner: "none", budget: { trials: 6 } }))["search.html"]!;
  expect(whole).toContain("no trial was stopped early");
  expect(whole).toContain("too few to say which options matter");
});

test("of two methods each has its own lines, and its own options in one table; an option held at one value is no axis", () => {
  const { spaces, firstGuess } = one.search.methods[0]!;
  const held = { ...spaces, rank: { kind: "choice", values: [8] } as const };
  const { head: _, dropout: __, rank: ___, ...rate } = spaces;
  const methods = [
    { method: "full" as const, spaces: rate, firstGuess: { learningRate: 0.02 }, options: {} },
    { method: "lora" as const, spaces: held, firstGuess, options: {} },
  ];
  const both = written(searched({ methods, budget: { trials: 50 }, sampler: "random" }));
  expect(Object.keys(both)).toEqual(expect.arrayContaining(["search/trials-full.svg", "search/trials-lora.svg"]));
  expect(both["search/trials-lora.svg"]).toContain(">learning rate, logarithmic<");
  expect(both["search/trials-lora.svg"]).not.toContain(">rank");
  expect(both["search/trials-full.svg"]).not.toContain(">dropout<");
  const [head] = both["trials.csv"]!.split("\r\n");
  expect(head).toMatch(/^trial,values_by,status,method,learningRate,/);
  expect(both["search.html"]).toContain("<h3>LoRA</h3>");
});
