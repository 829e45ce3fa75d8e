/** Whole reports of studies that are not as most are: no sentence says what is not so, or says it in bad grammar. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compareStudy } from "../../../src/comparison/compare-study.ts";
import type { Comparison, Setting } from "../../../src/comparison/comparison.ts";
import type { Document, Section, Table } from "../../../src/document/document.ts";
import { markdownOf } from "../../../src/document/markdown.ts";
import { type MethodName, methodNames } from "../../../src/methods/registry.ts";
import { reportDocument } from "../../../src/report/report-document.ts";
import { curvesSection } from "../../../src/report/sections/training-curves.ts";
import { viewOf } from "../../../src/report/view.ts";
import { writeReport } from "../../../src/report/write-report.ts";
import { type FabricatedSetting, type FabricatedStudy, fabricatedSettings, fabricateStudy } from "../../study.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { withSetting } from "./comparisons.ts";

const { folder } = scratchFolder();

const all = fabricatedSettings("tuned");
const only = (...ids: readonly string[]): FabricatedSetting[] =>
  all.filter(({ id }) => ids.includes(id.replace("tuned/", "")));

interface Odd {
  readonly study: FabricatedStudy;
  /** A second one, that is merged with it. */
  readonly other?: FabricatedStudy;
  /** Every trained run has the predictions of the first. */
  readonly isEqual?: boolean;
  readonly says?: readonly (string | RegExp)[];
  readonly never?: readonly RegExp[];
}

/** What one setting alone cannot be. */
const ALONE = /every setting|the others?\b|No setting|next is|marked|Differences|told apart|the order|Pareto/;
const manyLabels = Array.from({ length: 30 }, (_, k) => `a label with a long name ${k + 1}`);

const odd: Readonly<Record<string, Odd>> = {
  "only full fine-tuning": {
    study: { settings: only("full") },
    says: [
      /What it came to:\*\* \*\*Full fine-tuning\*\*: .*\. It is the only setting that was trained\.\n/,
      "the model does not overfit within these epochs",
      "Of Full fine-tuning: share of the texts of that label.",
    ],
    never: [ALONE, /against full/i],
  },
  "only the probe, with several seeds": {
    study: { settings: only("none", "probe"), seeds: [1, 2, 3] },
    says: [
      /Between the seeds of Linear probe, the standard deviation of macro F1 is 0\.\d{4}\./,
      "Figures are means over seeds; under one of quality stands its standard deviation.",
    ],
    never: [ALONE, /What trains nothing/, /against full/i],
  },
  "texts with any number of labels": {
    study: { multiLabel: true },
    says: [
      "| Method | Subset accuracy | Macro F1 | Micro F1 | Precision",
      "## Labels and their thresholds",
      /gives \d+ of 200 test texts \(\d+\.\d %\) all of their labels and no other/,
      "Subset accuracy counts texts that get all of their labels and no other",
    ],
    never: [/Confusion|taken for|alibration/],
  },
  "only ranks of LoRA": {
    study: { settings: only("lora-r2", "lora-r8", "lora-r32") },
    says: ["With every setting, the last epoch is the best", /LoRA's rank: Rank \d+ /],
    never: [/Total time, against|peaks at|full fine-tuning of/],
  },
  "nothing trained": {
    study: { settings: only("none") },
    says: ["- **Best quality:** **Nothing was trained**. There is no finished run that trains anything.\n\n"],
    never: [ALONE, /What the numbers say|Least time|Why it is trained so|Training curves|Confusion matrices/],
  },
  "no full fine-tuning": {
    study: { settings: only("none", "probe", "lora-r8") },
    says: [
      "There is no full fine-tuning to hold it against.",
      "Full fine-tuning is not part of this study, so nothing can be held against it.",
      "with what the other method makes of the same texts",
    ],
    never: [/Computational cost|McNemar|F1 against full/],
  },
  "no LoRA": {
    study: { settings: only("none", "full", "probe") },
    says: [
      "Against Full fine-tuning, by macro F1 on test: Linear probe is worse (p < 0.001 after Holm's correction).",
      /Full fine-tuning\*\*: .* It is full fine-tuning itself\. Linear probe is shown to be worse in macro F1 on test\.\n/,
      /operations for each training text, forward and backward; of that it is \d+\.\d % with Linear probe\./,
      /Full fine-tuning peaks at 900 MB, .*; Linear probe at 500 MB\./,
    ],
    never: [/differ in their shapes/],
  },
  "all settings equal": {
    study: {
      settings: all.map((one) =>
        one.trainable > 0
          ? {
              ...all[1]!,
              id: one.id,
              title: one.title,
              method: one.method,
              ...(one.options && { options: one.options }),
            }
          : one,
      ),
    },
    isEqual: true,
    says: [
      "(as have Linear probe and LoRA, rank 2/8/32), and none has more on test.",
      "Full fine-tuning and 4 others have the best validation macro F1",
      "On test none has more than its macro F1 of",
      "for Linear probe and LoRA, rank 2/8/32 no difference can be shown.",
      /Full fine-tuning peaks at 900 MB, .*; the others at 900 MB\./,
      /LoRA's rank: Rank 2 has the best validation macro F1, 0\.\d{4}, and no smaller rank was trained\./,
      /2 min 06 s \(about as much\) with LoRA, rank 2/,
      "about the total time of Full fine-tuning",
    ],
    never: [/best on test|it is the best, too|are? (worse|better)\b|most to be believed|about as much as/],
  },
  "every text right": {
    study: { settings: only("full", "probe").map((one) => ({ ...one, skill: 1 })) },
    says: [
      "Linear probe and Full fine-tuning both have the best validation macro F1, 1.0000",
      "Linear probe takes no test text for one of another label.",
      "There is no such text.",
    ],
    never: [/Most often/],
  },
  "one run failed": {
    study: { failed: ["tuned-full-s42"] },
    says: [
      "`tuned-full-s42` failed: ",
      "1 run failed: what is said here is of the finished runs alone.",
      "Full fine-tuning has not finished, so nothing can be held against it.",
    ],
    never: [/is not part of this study/],
  },
  "one run finished": {
    study: { settings: only("full", "probe"), missing: ["tuned-full-s42"] },
    says: ["1 run has not ended yet: what is said here is of the one finished run alone."],
    never: [ALONE],
  },
  "no seed in common": {
    study: { settings: only("full", "probe"), seeds: [1, 2], failed: ["tuned-full-s1", "tuned-probe-s2"] },
    says: [
      "Each setting was run with one seed: ",
      "2 runs failed: ",
      "It is full fine-tuning itself. No other setting has its recipe, and a seed in common with it.",
    ],
    never: [/One seed was run|is worse|Differences/],
  },
  "times side by side": {
    study: { jobs: 2 },
    says: [
      "**Least time:** **Not compared**. Times cannot be compared: up to 2 runs ran at once.",
      "Times are shown but not compared: up to 2 runs ran at once.",
      "the peak memory of Full fine-tuning",
    ],
    never: [/its total time|against total time|the total time of/],
  },
  "studies of two machines": {
    study: {},
    other: { settings: all.slice(1), processor: "Another Processor" },
    says: [
      'Times cannot be compared: the runs had different machines: "Some Processor, 2 cores, linux x64" and "Another Processor, 2 cores, linux x64".',
      "These commands repeat the studies",
      "LoRA, rank 8/32 (study-2)",
    ],
    never: [/its total time|against total time|the total time of|@/],
  },
  "two labels": { study: { labels: ["no", "yes"] }, says: ["2 labels\n", /\| (no|yes) \| (no|yes) \|/] },
  "thirty labels": {
    study: { labels: manyLabels, settings: [...fabricatedSettings("controlled"), ...all] },
    says: [
      "30 labels\n",
      "the shade is the percentage of the row.",
      "Rings are of the controlled recipe, full ones of the tuned one.",
    ],
    never: [/figures and shades/, /\(Linear probe \(/],
  },
  "several seeds, one of them failed": {
    study: { seeds: [42, 43, 44], failed: ["tuned-probe-s43"] },
    says: [
      "Means over seeds. A ring marks an epoch that is the best on validation for some seed",
      /Between seeds, the standard deviation of macro F1 lies between/,
      "percentage of the row, over all seeds.",
      "Predictions are those of the first seed.",
    ],
    never: [/One seed was run/],
  },
};

interface Made {
  readonly comparison: Comparison;
  readonly document: Document;
  /** report.md without what escapes it. */
  readonly text: string;
  /** Everything that is written, by name, without style and scripts. */
  readonly files: Readonly<Record<string, string>>;
}

const FAILURE = "the loss became NaN at step 7 (epoch 1)";
const plain = (markdown: string): string =>
  markdown.replaceAll("&lt;", "<").replaceAll(FAILURE, "…").replace(/\\(.)/g, "$1");

async function make({ study, other, isEqual }: Odd): Promise<Made> {
  const at = folder({});
  const paths = [study, ...(other ? [other] : [])].map((one, i) => fabricateStudy(join(at, `study-${i + 1}`), one));
  if (isEqual) {
    const runs = readdirSync(join(paths[0]!, "runs")).filter((name) => !name.includes("none"));
    const predictions = (run: string) => join(paths[0]!, "runs", run, "predictions");
    for (const run of runs.slice(1)) cpSync(predictions(runs[0]!), predictions(run), { recursive: true });
  }
  const comparison = await compareStudy(paths);
  const document = reportDocument(viewOf(comparison));
  const out = join(at, "report");
  mkdirSync(out);
  writeReport(comparison, out);
  const names = (readdirSync(out, { recursive: true }) as string[]).filter((name) => /\.(html|md|svg)$/.test(name));
  const read = (name: string) =>
    readFileSync(join(out, name), "utf8")
      .replace(/<(style|script)>[\s\S]*?<\/\1>/g, "")
      .replaceAll(FAILURE, "…");
  const files = Object.fromEntries(names.map((name) => [basename(name), read(name)]));
  return { comparison, document, text: plain(markdownOf(document, "report")), files };
}

let made: Record<string, Made>;

beforeAll(async () => {
  const entries = await Promise.all(Object.entries(odd).map(async ([name, one]) => [name, await make(one)] as const));
  made = Object.fromEntries(entries);
}, 240_000);

const sectionOf = ({ document }: Made, id: string): Section => document.sections.find((one) => one.id === id)!;
const textOf = (section: Section): string =>
  plain(markdownOf({ title: "", subtitle: "", sections: [section] }, "report"));
const tablesOf = (section: Section): Table[] =>
  section.blocks.filter((block): block is Table => block.block === "table");

/** Words that a method is named by. */
const WORDS: Readonly<Record<MethodName, RegExp>> = {
  none: /No training/,
  full: /full fine-tuning/i,
  probe: /probe/i,
  prompt: /prompt/i,
  prefix: /prefix/i,
  lora: /lora/i,
  bitfit: /bitfit/i,
  ia3: /ia3/i,
};
/** Full fine-tuning is what others would be held against: that it is not there is said. */
const ABSENCE =
  /There is no full fine-tuning to hold it against\.|Full fine-tuning (is not part of this study|has not finished), so nothing can be held against it\.|`tuned-full-s\d+`/g;

describe.each(Object.keys(odd))("a study: %s", (name) => {
  test("has no value that is not there", () => {
    for (const [file, content] of Object.entries(made[name]!.files))
      expect(content.match(/.{0,60}\b(undefined|NaN|Infinity|null|\[object)\b.{0,20}/)?.[0], file).toBeUndefined();
  });

  test("is in good English", () => {
    const text = made[name]!.text.replace(/^ {4}attune .*$/gm, "");
    const of = "(?:more |other |further |test |training |finished )*";
    const one = "run|setting|seed|text|label|epoch|method|study|token|parameter";
    for (const wrong of [
      `(?<![\\d.,] ?)\\b1 ${of}(?:${one.replaceAll("|", "s|")}s|classes|others|studies)\\b`,
      `(?<![\\d.])\\b(?:0|[2-9]|\\d{2,}|several|every of the) ${of}(?:${one})\\b`,
      "\\b([a-zA-Z]+) \\1\\b",
      "[^|\\n.:-] {2,}[^|\\n]",
      " [,;:.](?!\\d)| \\)|\\( |\\(\\)|\\.\\.|,\\.|;\\.|: \\.",
      "(?<!and )\\b(?:these class |this classes|settings is|methods is)\\b",
    ]) {
      const found = new RegExp(`.{0,60}(?:${wrong}).{0,30}`).exec(text);
      expect(found?.[0], wrong).toBeUndefined();
    }
  });

  test("names no method that is not there", () => {
    const { comparison, document } = made[name]!;
    const here = new Set(comparison.settings.map(({ method }) => method));
    const [methods] = document.sections.filter(({ id }) => id === "methods");
    // What a method is may be said by what others are; what is said of the recipe may not.
    const recipe = methods!.blocks.findIndex((block) => block.block === "heading" && /^The recipe/.test(block.text));
    const sections = document.sections.map((one) =>
      one === methods ? { ...one, blocks: recipe < 0 ? [] : one.blocks.slice(recipe + 1) } : one,
    );
    const text = sections.map(textOf).join("\n").replaceAll(ABSENCE, "");
    for (const method of methodNames.filter((one) => !here.has(one)))
      expect(text.match(new RegExp(`.{0,60}${WORDS[method].source}.{0,20}`, WORDS[method].flags))?.[0]).toBeUndefined();
  });

  test("says what is so, and not what is not", () => {
    const { text } = made[name]!;
    for (const said of odd[name]!.says ?? [])
      if (typeof said === "string") expect(text).toContain(said);
      else expect(text).toMatch(said);
    for (const not of odd[name]!.never ?? []) expect(text).not.toMatch(not);
  });

  test("speaks of seeds only where there are several", () => {
    const { comparison, text } = made[name]!;
    const several = comparison.settings.some(({ runs }) => runs.length > 1);
    expect(/over (all )?seeds|[Mm]eans over|some seed|first seed/.test(text)).toBe(several);
  });
});

describe("times that cannot be compared", () => {
  test.each(["times side by side", "studies of two machines"])("are not in the table of ranks: %s", (name) => {
    expect(textOf(sectionOf(made[name]!, "ranks"))).not.toMatch(/time/);
    expect(textOf(sectionOf(made["several seeds, one of them failed"]!, "ranks"))).toContain("Total time");
    expect(textOf(sectionOf(made[name]!, "conclusions"))).not.toMatch(/\d min|total time/i);
    expect(Object.keys(made[name]!.files).filter((file) => /time/.test(file))).toEqual([]);
  });
});

describe("marks", () => {
  test("are not where all are equal", () => {
    expect(made["only full fine-tuning"]!.files["report.html"]).not.toContain("(best)");
    const quality = tablesOf(sectionOf(made["all settings equal"]!, "results"))[0]!;
    expect(JSON.stringify(quality)).not.toContain('"best":true');
    const [classes] = tablesOf(sectionOf(made["all settings equal"]!, "classes"));
    expect(JSON.stringify(classes)).not.toContain('"best":true');
  });
});

describe("thirty labels", () => {
  test("have a row each in the table of classes, and no more columns than methods", () => {
    const [table] = tablesOf(sectionOf(made["thirty labels"]!, "classes"));
    expect(table!.groups[0]!.rows).toHaveLength(30);
    expect(table!.columns.length).toBe(2 + 6);
    // The last labels are so rare that some are not in test: they have no score.
    const { counts } = made["thirty labels"]!.comparison.data;
    const rare = counts.test!.filter((count) => count === 0).length;
    expect(rare).toBeGreaterThan(0);
    expect(table!.groups[0]!.rows.filter((row) => JSON.stringify(row).includes("–"))).toHaveLength(rare);
  });

  test("have matrices in which each is named twice, without figures", () => {
    const pictures = Object.entries(made["thirty labels"]!.files).filter(([file]) => file.startsWith("confusion-"));
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.length).toBeLessThanOrEqual(4);
    for (const [, svg] of pictures) {
      const named = Array.from(svg.matchAll(/<text[^>]*>([^<]*…[^<]*)<\/text>/g), ([, one]) => one!);
      expect(named).toHaveLength(2 * 30);
      expect(new Set(named).size).toBe(30);
    }
  });
});

describe("training curves", () => {
  test("mark the best epoch of every seed, and say of how many", () => {
    const { comparison } = made["several seeds, one of them failed"]!;
    const early = (setting: Setting): Setting => ({
      ...setting,
      runs: setting.runs.map((run, i) => ({ ...run, result: { ...run.result, bestEpoch: i === 0 ? 1 : 3 } })),
    });
    const section = curvesSection(viewOf(withSetting(comparison, "tuned/full", early)))!;
    const [charts] = section.blocks.filter((block) => block.block === "charts");
    const titles = Array.from(
      charts!.charts[1]!.themed.matchAll(/<title>Full fine-tuning, (.*?)<\/title>/g),
      ([, one]) => one!,
    );
    expect(titles.map((title) => title.replace(/\d\.\d{4}/, "…"))).toEqual([
      "epoch 1: …, best epoch of 1 of 3 seeds",
      "epoch 2: …",
      "epoch 3: …, best epoch of 2 of 3 seeds",
    ]);
  });

  test("tell ten settings of one method apart", () => {
    const { comparison } = made["only ranks of LoRA"]!;
    const settings = Array.from({ length: 10 }, (_, i) => {
      const setting = comparison.settings[0]!;
      return { ...setting, id: `tuned/lora-${i}`, title: `LoRA, rank ${i}` };
    });
    const [charts] = curvesSection(viewOf({ ...comparison, settings, ranks: [] }))!.blocks;
    if (charts?.block !== "charts") throw new Error("no charts");
    const lines = charts.legend.map(({ text: _, ...line }) => JSON.stringify(line));
    expect(new Set(lines).size).toBe(10);
  });
});
