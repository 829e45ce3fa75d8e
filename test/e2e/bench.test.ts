/** The benches, each in its short form on a tiny model: that they run, and that what they write makes sense. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const cwd = scratchFolder().folder({});
const out = join(cwd, "results");
const model = tinyModel(join(cwd, "model"), { layers: 2, positions: 64 });
const data = tinyData(join(cwd, "data"));
const noPython = ["--python", join(cwd, "no-python")];

function spawnBench(...args: readonly string[]) {
  const tsx = join(repository, "node_modules/tsx/dist/cli.mjs");
  return spawnSync(process.execPath, [tsx, "bench/main.ts", ...args], { cwd: repository, encoding: "utf8" });
}

function bench(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnBench(...args);
  expect(status, stderr).toBe(0);
  return stdout;
}

/** What was written as <date>-<processor>-<name>.json, beside which there is a table. */
function written<T>(name: string): T {
  const file = readdirSync(out).find((each) => each.endsWith(`${name}.json`))!;
  expect(existsSync(join(out, file.replace(/json$/, "md")))).toBe(true);
  return JSON.parse(readFileSync(join(out, file), "utf8")) as T;
}

const onTiny = ["--short", "--models", "model", "--model", model, "--data", data, "--out", out];

test("without a name, they are listed", () => {
  const names = [
    "peer",
    "bound",
    "infer",
    "features",
    "threads",
    "scale",
    "profile",
    "memory",
    "measures",
    "pretrain",
    "serve",
    "predict",
    "data",
    "long",
    "large",
    "bow",
    "mini",
    "int8-accuracy",
    "adapt",
    "audit",
    "search",
    "recipe-data",
    "recipe-search",
    "hashes",
  ];
  expect([...bench().matchAll(/^npm run bench -- ([\w-]+)/gm)].map(([, name]) => name)).toEqual(names);
});

test.each([
  [["peer", "--jobs", "full,loar"], 'bench peer: --jobs has no "loar"; did you mean "lora"?\n'],
  [
    ["bound", "--models", "x"],
    /^bench bound: --models has no "x"; it must be "bert-base", .*"deberta-base" or "model"\n$/,
  ],
  [["scale", "--thread", "1"], /^bench scale: Unknown option '--thread'[^\n]*\n$/],
])("what it does not know is an error of one line: %j", (args, message) => {
  const failed = spawnBench(...args);
  expect(failed.status).toBe(2);
  if (typeof message === "string") expect(failed.stderr).toBe(message);
  else expect(failed.stderr).toMatch(message);
});

test("peer measures steps and whole runs, and says when there is no Python", () => {
  const output = bench("peer", ...onTiny, ...noPython, "--jobs", "full,probe", "--batch", "4");
  expect(output).toContain("Python is not measured");
  interface Peer {
    readonly figures: readonly { readonly attuneSeconds: number; readonly attunePeakBytes: number }[];
    readonly comparisons: readonly {
      readonly job: string;
      readonly sides: { readonly attune: readonly Readonly<Record<string, never>>[]; readonly float32: readonly [] };
    }[];
  }
  const file = readdirSync(out).find((each) => /^\d{4}-\d\d-\d\d-.*\.json$/.test(each))!;
  const { figures, comparisons } = JSON.parse(readFileSync(join(out, file), "utf8")) as Peer;
  expect(comparisons.map(({ job }) => job)).toEqual(["full", "probe"]);
  const [full, probe] = comparisons.map(({ sides }) => sides.attune[0]!);
  expect(full!.stepSeconds).toHaveLength(5);
  expect(full!.graphSeconds).toHaveLength(5);
  expect(probe!.totalSeconds).toBeGreaterThan(probe!.startSeconds!);
  for (const { attuneSeconds, attunePeakBytes } of figures) {
    expect(attuneSeconds).toBeGreaterThan(0);
    expect(attunePeakBytes).toBeGreaterThan(50e6);
  }
});

test("bound sets a step's program beside its products", () => {
  bench("bound", ...onTiny, "--jobs", "full", "--batch", "4");
  const { found } = written<{ found: { count: number; ratio: number; graph: number; products: number }[] }>("bound");
  expect(found[0]!.count).toBe(3 * (2 * 8 + 2));
  expect(found[0]!.ratio).toBe(found[0]!.graph / found[0]!.products);
});

test("infer predicts the same as transformers.js", () => {
  bench("infer", ...onTiny, "--batch", "1,8");
  interface Found {
    readonly precision: string;
    readonly difference: number;
    readonly seconds: Record<string, number[]>;
  }
  const { found } = written<{ found: Found[] }>("infer");
  expect(found.map(({ precision }) => precision)).toEqual(["float32", "int8"]);
  for (const { seconds } of found) expect(Object.keys(seconds).sort()).toEqual(["1", "8", "attune"]);
  expect(found[0]!.difference).toBeLessThan(1e-5);
  expect(found[1]!.difference).toBeLessThan(0.05);
});

test("features are computed in float32 and in int8", () => {
  bench("features", ...onTiny.filter((arg) => arg !== "--models" && arg !== "model"), "--model", model);
  const { found } = written<{ found: Record<string, { seconds: number; texts: number }[]> }>("features");
  expect(Object.keys(found)).toEqual(["float32", "int8"]);
  for (const runs of Object.values(found)) {
    expect(runs[0]!.seconds).toBeGreaterThan(0);
    expect(runs[0]!.texts).toBe(runs.at(-1)!.texts);
  }
});

test("threads says how products are shared out", () => {
  bench(
    "threads",
    ...onTiny.filter((arg) => arg !== "--models" && arg !== "model"),
    "--model",
    model,
    "--jobs",
    "lora",
    "--batch",
    "4",
  );
  const { found } = written<{ found: { one: number; expected: number[]; kinds: { share: number }[] }[] }>("threads");
  expect(found[0]!.kinds.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  for (const seconds of [found[0]!.one, ...found[0]!.expected]) expect(seconds).toBeGreaterThan(0);
});

test("scale takes as many steps on few texts as on many", () => {
  const options = ["--short", "--model", model, "--data", data, "--out", out];
  bench("scale", ...options, "--examples", "20,400", "--batch", "4");
  const { rows } = written<{ rows: { size: number; secondsPerToken: number; ratio: number }[] }>("scale");
  expect(rows.map(({ size }) => size)).toEqual([20, 400]);
  expect(rows[0]!.ratio).toBe(1);
  for (const { secondsPerToken } of rows) expect(secondsPerToken).toBeGreaterThan(0);
});

test("profile finds where a step's time goes", () => {
  bench("profile", ...onTiny, "--jobs", "lora", "--batch", "4");
  const { stacks, stepSeconds, programSeconds } = written<{
    stacks: [string, number][];
    stepSeconds: number;
    programSeconds: number;
  }>("profile-model-lora");
  const sum = (prefix: string) =>
    stacks.filter(([stack]) => stack.startsWith(prefix)).reduce((total, [, seconds]) => total + seconds, 0);
  expect(sum("program;") / programSeconds).toBeCloseTo(1, 2);
  expect(sum("") / stepSeconds).toBeCloseTo(1, 2);
  for (const role of ["query", "key", "attention", "adapter", "intermediate", "output"])
    expect(sum(`program;forward;layer 0;${role};`), role).toBeGreaterThan(0);
  expect(sum("program;backward;layer 1;")).toBeGreaterThan(0);
  // Nothing below the lowest adapter is differentiated.
  expect(sum("program;backward;embeddings;")).toBe(0);
  const svg = readdirSync(out).find((each) => each.endsWith("profile-model-lora.svg"))!;
  expect(readFileSync(join(out, svg), "utf8")).toContain("› layer 1 › adapter › Gemm");
});

test("measures times each of them with it and without it", () => {
  const options = ["--short", "--model", model, "--data", data, "--out", out];
  bench("measures", ...options, "--batch", "4");
  const { seconds } = written<{ seconds: Record<string, { without: number[]; as: number[] }> }>("measures");
  expect(Object.keys(seconds).length).toBeGreaterThan(5);
  for (const [name, { without, as }] of Object.entries(seconds))
    for (const value of [...without, ...as]) expect(value, name).toBeGreaterThan(0);
});

test("pretrain trains a new language model", () => {
  const text = join(cwd, "text.txt");
  writeFileSync(text, Array.from({ length: 300 }, (_, i) => `The ${i}th cat sees the sea and a dog.\n\n`).join(""));
  const shape = "--layers 1 --hidden 32 --heads 2 --vocab 100 --length 16 --batch 4".split(" ");
  bench("pretrain", "--short", "--text", text, "--out", out, ...shape, ...noPython);
  const { sides } = written<{ sides: { ours: { stepSeconds: number[]; tokensPerStep: number }[] } }>("pretrain");
  expect(sides.ours[0]!.stepSeconds).toHaveLength(5);
  expect(sides.ours[0]!.tokensPerStep).toBe(4 * 16);
});

test("serve loses nothing under load, and answers what predict does", () => {
  const output = bench("serve", "--short", "--model", model, "--data", data, "--at-once", "4", "--out", out);
  const found = written<{
    rows: { requests: number; rssBytes: number }[];
    lost: number;
    answered: number;
    code: number;
    largestDifference: number;
    health: { count: number; failures: number; worst: number; median: number };
  }>("serve");
  expect(found).toMatchObject({ lost: 0, answered: 20, code: 0, health: { failures: 0 } });
  expect(found.rows.map(({ requests }) => requests)).toEqual([0, 20]);
  expect(found.largestDifference).toBeLessThan(1e-6);
  expect(found.health.count).toBeGreaterThan(0);
  expect(found.health.worst).toBeGreaterThanOrEqual(found.health.median);
  expect(output).toContain("(the same, to 0.000001)");
});

test("predict measures tables of more and more rows", () => {
  bench("predict", "--short", "--model", model, "--out", out);
  const { found } = written<{ found: { rows: number; peakRssBytes: number; seconds: number }[] }>("predict");
  expect(found.map(({ rows }) => rows)).toEqual([100, 1000, 100]);
  for (const { peakRssBytes } of found) expect(peakRssBytes).toBeGreaterThan(50e6);
});

/** The methods of a printed table, each with figures of both encoders and their difference. */
const scored = (output: string): string[] =>
  [...output.matchAll(/^\| ([A-Z][^|]*) (?:\| \d+\.\d \| \d+\.\d \| [+−]\d+\.\d ){2}\|$/gm)].map(
    ([, method]) => method!,
  );

const once = ["--model", model, "--data", data, "--seeds", "1", "--epochs", "1"];

test("mini sets an encoder beside the same one before any training", () => {
  const output = bench("mini", ...once, "--out", join(cwd, "mini"));
  expect(output).toContain("accuracy, %: random weights | pretrained | difference");
  expect(scored(output)).toEqual(["Full fine-tuning", "LoRA, rank 8", "Linear probe"]);
});

test("adapt sets an encoder beside itself after pre-training on the texts", () => {
  const output = bench("adapt", ...once, "--passes", "1", "--out", join(cwd, "adapt"));
  expect(output).toContain("accuracy, %: as it was | adapted | difference");
  expect(scored(output)).toEqual(["LoRA, rank 8", "Linear probe"]);
});

test("search sets ASHA with TPE beside random search at the same budget of epochs", () => {
  const options = ["--epochs", "3", "--budget", "6", "--searches", join(cwd, "searches")];
  const output = bench("search", "--short", "--model", model, "--data", data, "--out", out, ...options);
  type Point = readonly [epochs: number, f1: number];
  const { found } = written<{ found: { trials: number; epochs: number; best: Point[]; found: Point[] }[] }>("search");
  expect(found.map(({ epochs }) => epochs)).toEqual([6, 6]);
  expect(found.map(({ trials }) => trials)).toEqual([4, 2]);
  for (const one of found)
    for (const points of [one.best, one.found])
      for (const [i, [, f1]] of points.slice(1).entries()) expect(f1).toBeGreaterThanOrEqual(points[i]![1]);
  expect(found[1]!.best.map(([epochs]) => epochs)).toEqual([3, 6]);
  expect(output).toMatch(/^\| 6 +\| +\d+\.\d \| +\d+\.\d \| +-?\d+\.\d \|$/m);
});

test("recipe-search tries multiples of the rate that the recipe has, and says what its own is short of", () => {
  const options = ["--methods", "lora,probe", "--studies", join(cwd, "recipe-search")];
  const table = bench("recipe-search", "--short", "--model", model, "--data", data, "--out", out, ...options);
  interface Cell {
    readonly method: string;
    readonly rule: number;
    readonly runs: readonly { readonly rate: number; readonly validation: number }[];
  }
  const { cells } = written<{ cells: Cell[] }>("recipe-search-model");
  expect(cells.map(({ method }) => method)).toEqual(["lora", "probe"]);
  for (const { rule, runs } of cells) {
    const ratios = runs.map(({ rate }) => rate / rule);
    for (const [i, factor] of [0.5, 1, 2].entries()) expect(ratios[i]! / factor).toBeCloseTo(1, 2);
  }
  const { rule, runs } = cells[1]!;
  const best = Math.max(...runs.map(({ validation }) => validation));
  const regret = best - runs.find(({ rate }) => rate === rule)!.validation;
  expect(table).toContain(` ${rule.toExponential()} | ${regret.toFixed(4)} | `);
});

test("recipe-search goes without a rank where none of its methods has one", () => {
  const search = ["recipe-search", "--methods", "probe", "--factors", "1", "--studies", join(cwd, "probe-search")];
  const table = bench(...search, "--short", "--model", model, "--data", data, "--out", join(cwd, "probe-out"));
  expect(table).toMatch(/Linear probe +\| +\*\*1e-2 \d\.\d{4}\*\* \|/);
});

test("hashes finds the same twice", () => {
  const hashes = () => bench("hashes", "--short", "--model", model, "--data", data);
  const table = hashes();
  const rows = [...table.matchAll(/^\| (\w[^|]*?) +\| +(\w[^|]*?) \| [0-9a-f]{64} \|$/gm)];
  const found = rows.map(([, job, result]) => `${job}: ${result}`);
  expect(found).toEqual(expect.arrayContaining(["lora: adapter/adapter.safetensors", "compare: results.csv"]));
  expect(hashes()).toBe(table);
});
