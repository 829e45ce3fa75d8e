/** Rules that hold for the sources as a whole. */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import * as attune from "../../src/index.ts";
import { methodNames } from "../../src/methods/registry.ts";

const root = new URL("../../", import.meta.url);
const filesIn = (folder: string): string[] =>
  (readdirSync(new URL(folder, root), { recursive: true }) as string[])
    .map((path) => posix.join(folder, path.replaceAll("\\", "/")))
    .sort();
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

const sources = filesIn("src").filter((path) => /\.tsx?$/.test(path));
/** What runs in a browser is built for it: its packages are needed for that alone. */
const PAGE = /^src\/(document|web)\/page\//;

/** What a file imports, exports from or loads later; types, too. */
function importsOf(path: string, text = textOf(path)): string[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\s[^;"]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm,
  );
  return [...found].map(([, from, bare, later]) => (from ?? bare ?? later)!);
}

/** Our own files that a file imports, by path. */
const ownImports = new Map(
  sources.map((path) => [
    path,
    importsOf(path)
      .filter((name) => /^\..*\.tsx?$/.test(name))
      .map((name) => posix.join(posix.dirname(path), name)),
  ]),
);

describe("imports", () => {
  /** Each folder may import from itself and from those before it. */
  const ORDER = [
    "base",
    "graph",
    "tables",
    "tokens",
    "weights",
    "hub",
    "store",
    "models",
    "pretrained",
    "methods",
    "engine",
    "train",
    "features",
    "interop",
    "inspection",
    "run",
    "classifier",
    "serve",
    "pretrain",
    "study",
    "machines",
    "search",
    "track",
    "document",
    "comparison",
    "audit",
    "report",
    "web",
    "graph.ts",
    "methods.ts",
    "index.ts",
    "cli",
  ];
  const rank = (path: string): number => ORDER.indexOf(path.split("/")[1]!);

  test("are seen at all", () => {
    expect(ownImports.get("src/graph/gradients.ts")).toEqual([
      "src/base/error.ts",
      "src/graph/dim.ts",
      "src/graph/ops/elementwise.ts",
      "src/graph/ops/leaf.ts",
      "src/graph/ops/reduce.ts",
      "src/graph/ops/shape.ts",
      "src/graph/order.ts",
      "src/graph/tensor.ts",
    ]);
    expect(ownImports.get("src/index.ts")).toContain("src/base/error.ts");
  });

  test("go one way", () => {
    expect(sources.filter((path) => rank(path) < 0)).toEqual([]);
    const wrong = [...ownImports].flatMap(([path, imports]) =>
      imports.filter((to) => rank(to) < 0 || rank(to) > rank(path)).map((to) => `${path} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  test("lead to files that exist, and never round", () => {
    const done = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) throw new Error([...way.slice(way.indexOf(path)), path].join(" → "));
      if (done.has(path)) return;
      const imports = ownImports.get(path);
      if (!imports) throw new Error(`${way.at(-1)} imports ${path}, which does not exist`);
      for (const next of imports) visit(next, [...way, path]);
      done.add(path);
    };
    for (const path of sources) visit(path, []);
    expect(done.size).toBe(sources.length);
  });

  /** The package of an import of one of its files. */
  const packageOf = (name: string): string => name.match(/^(@[^/]+\/)?[^/]+/)![0];

  test("of packages are declared, and each dependency is imported", () => {
    type Versions = Record<string, string>;
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(textOf("package.json")) as Record<
      string,
      Versions
    >;
    const packagesOf = (paths: readonly string[]) =>
      paths
        .flatMap((path) => importsOf(path))
        .filter((name) => !name.startsWith(".") && !isBuiltin(name))
        .map(packageOf);
    const ofNode = new Set(packagesOf(sources.filter((path) => !PAGE.test(path))));
    expect([...ofNode].sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
    const ofPage = packagesOf(sources.filter((path) => PAGE.test(path)));
    expect(ofPage.filter((name) => !(name in { ...dependencies, ...devDependencies }))).toEqual([]);
  });

  /** The packages whose values a file needs before it runs. */
  const firstPackages = (path: string): string[] =>
    [...textOf(path).matchAll(/^import (?!type\s)[^;]*?from "([^"]+)"/gm)].map(([, name]) => packageOf(name!));

  test("of optional packages come when they are asked for, but for types", () => {
    const { optionalDependencies } = JSON.parse(textOf("package.json")) as Record<string, object>;
    const early = sources.filter((path) => firstPackages(path).some((name) => name in optionalDependencies!));
    expect(Object.keys(optionalDependencies!)).toContain("bullmq");
    expect(early).toEqual([]);
  });

  test("of echarts, the largest package, come with the first chart, but for types", () => {
    const users = sources.filter((path) => firstPackages(path).includes("echarts"));
    // The application's page draws charts in the browser: its build takes what it needs of the package.
    expect(users.filter((path) => PAGE.test(path))).not.toEqual([]);
    expect(users.filter((path) => !PAGE.test(path))).toEqual([]);
  });

  test("of ONNX Runtime come after its telemetry is turned off", () => {
    const users = ["src", "bench", "scripts", "test"].flatMap(filesIn).filter((path) => path.endsWith(".ts"));
    const wrong = users.filter((path) => {
      const names = importsOf(path);
      const at = names.indexOf("onnxruntime-node");
      return at >= 0 && !names.slice(0, at).some((name) => name.endsWith("/no-telemetry.ts"));
    });
    expect(wrong).toEqual([]);
  });

  test("of graph, models, methods and training lead to nothing of Node's: they run in browsers, too", () => {
    const free = /^src\/(graph|models|methods|train)\//;
    // What is imported for its types alone is not there when the program runs.
    const valueImports = (path: string): string[] =>
      importsOf(path, textOf(path).replace(/^\s*(?:import|export) type\s[^;]*;/gm, ""));
    const reached = new Map<string, string>();
    const visit = (path: string, from: string): void => {
      if (reached.has(path)) return;
      reached.set(path, from);
      for (const name of valueImports(path))
        if (name.startsWith(".")) visit(posix.join(posix.dirname(path), name), path);
    };
    for (const path of sources.filter((source) => free.test(source))) visit(path, path);
    const found = [...reached].flatMap(([path, from]) => {
      const code = textOf(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      const used = [
        ...valueImports(path).filter((name) => isBuiltin(name)),
        ...(/(?<![.\w#])(Buffer|process|__dirname|require)\s*[.(]/.test(code) ? ["a global of Node's"] : []),
      ];
      return used.map((what) => `${path} (from ${from}): ${what}`);
    });
    expect(reached.size).toBeGreaterThan(60);
    expect(found).toEqual([]);
  });

  test("of Node's modules say so", () => {
    const bare = sources
      .flatMap((path) => importsOf(path))
      .filter((name) => isBuiltin(name) && !name.startsWith("node:"));
    expect(bare).toEqual([]);
  });
});

test("shared code asks a method for facts, and never which one it is", () => {
  // "none" is the name of other things too.
  const names = methodNames.filter((name) => name !== "none").join("|");
  const asked = new RegExp(`[!=]==? "(${names})"|"(${names})" [!=]==?|case "(${names})"`);
  expect(asked.test('if (method === "lora")')).toBe(true);
  const shared = sources.filter((path) => !path.startsWith("src/methods/"));
  expect(shared.filter((path) => asked.test(textOf(path)))).toEqual([]);
});

describe("files", () => {
  const MOST_LINES = 400;
  const code = ["src", "test", "bench", "scripts"]
    .flatMap(filesIn)
    .filter((path) => /\.(tsx?|mts|js|mjs|py|wat|css|html)$/.test(path) && !path.endsWith(".generated.ts"));

  test(`have at most ${MOST_LINES} lines`, () => {
    expect(code).toContain("test/unit/guards.test.ts");
    expect(code.filter((path) => textOf(path).trimEnd().split("\n").length > MOST_LINES)).toEqual([]);
  });

  test("say in their first lines what they are for", () => {
    const own = sources.filter((path) => !path.endsWith(".d.ts"));
    expect(own.filter((path) => !/^(#!.*\n)?\/\*\*[\s*]*[^\s*/][\s\S]*?\*\//.test(textOf(path)))).toEqual([]);
  });

  test("have names that stand once, or whose folder makes them plain", () => {
    // A command, a section and a conclusion are called after what they are about; families and methods each have a registry.
    const plain = /^src\/(cli\/commands|report\/sections|report\/conclusions)\/|\/registry\.ts$/;
    const names = sources.filter((path) => !plain.test(path)).map((path) => posix.basename(path));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("have names in kebab-case", () => {
    const names = sources.filter((path) => !/^src(\/[a-z0-9]+(-[a-z0-9]+)*)+(\.generated|\.d)?\.tsx?$/.test(path));
    expect(names).toEqual([]);
  });
});

/** Everything that `import … from "attune"` can name, in order; types are marked. A change here is a change for users. */
const PUBLIC = [
  "AttuneError",
  "type AppliedReview",
  "type ApplyOptions",
  "type AuditContext",
  "type AuditDoneEvent",
  "type AuditEvent",
  "type AuditIssue",
  "type AuditOptions",
  "type AuditProgressEvent",
  "type AuditResult",
  "type AuditStartEvent",
  "type BagOfWordsScore",
  "type BaseEvent",
  "type BaselineScore",
  "type Baselines",
  "type BestOfSearch",
  "type CheckpointEvent",
  "type ChoosingEvent",
  "type ClassMetrics",
  "type ClassificationMetrics",
  "type Classifier",
  "type CompareContext",
  "type CompareDoneEvent",
  "type CompareEvent",
  "type Comparison",
  "type DownloadEvent",
  "type EpochEvent",
  "type EpochResult",
  "type ErrorKind",
  "type EstimateEvent",
  "type EvaluateOptions",
  "type Evaluation",
  "type EventStream",
  "type ExportFormat",
  "type ExportOptions",
  "type FailedRun",
  "type FetchEvent",
  "type HeldOutMetrics",
  "type IssueKind",
  "type LearningCurve",
  "type InspectOptions",
  "type Inspection",
  "type LabelledText",
  "type LoadOptions",
  "type Method",
  "type MethodDescription",
  "type MethodGrid",
  "type ModelDescription",
  "type NoticeEvent",
  "type OptionDescription",
  "type Plan",
  "type PlanEvent",
  "type PlannedRun",
  "type Prediction",
  "type PredictTableOptions",
  "type TablePrediction",
  "type TablePredictions",
  "type PretrainContext",
  "type PretrainEvent",
  "type PretrainOptions",
  "type PretrainResult",
  "type PretrainResultEvent",
  "type Pushed",
  "type PushOptions",
  "type RecipeName",
  "type ResultEvent",
  "type ResumeContext",
  "type RunDoneEvent",
  "type RunEvent",
  "type RunFailedEvent",
  "type RunResult",
  "type RunStartEvent",
  "type Search",
  "type SearchBeginEvent",
  "type SearchContext",
  "type SearchDoneEvent",
  "type SearchEntry",
  "type SearchEvent",
  "type SearchLogEvent",
  "type SearchOptions",
  "type SearchState",
  "type Space",
  "type SplitMetrics",
  "type SplitName",
  "type StartEvent",
  "type StepEvent",
  "type Study",
  "type TextsInMemory",
  "type TimingEvent",
  "type TrainContext",
  "type TrainEvent",
  "type TrainOptions",
  "type TrialEvent",
  "type TrialState",
  "type Verdict",
  "type WaitEvent",
  "type WarningEvent",
  "applyReview",
  "audit",
  "compare",
  "compareStudy",
  "defineMethod",
  "exportRun",
  "inspect",
  "load",
  "methods",
  "models",
  "pretrain",
  "push",
  "registerMethod",
  "resume",
  "resumeComparison",
  "resumePretraining",
  "resumeSearch",
  "search",
  "train",
  "writeAudit",
  "writeReport",
];

describe("the public API", () => {
  const text = textOf("src/index.ts").replace(/\/\*[\s\S]*?\*\//g, "");
  const exported = [...text.matchAll(/export\s+(type\s+)?\{([^}]*)\}\s*from\s*"[^"]+";/g)].flatMap(
    ([, allTypes, names]) =>
      names!.split(",").flatMap((entry) => {
        const [, isType, name] = entry.trim().match(/^(type\s+)?(?:\w+\s+as\s+)?(\w+)$/) ?? [];
        return name ? [`${allTypes || isType ? "type " : ""}${name}`] : [];
      }),
  );
  const nameOf = (entry: string) => entry.replace("type ", "");
  const byName = (a: string, b: string) => (nameOf(a) < nameOf(b) ? -1 : 1);

  test("is this and no more", () => {
    expect([...exported].sort(byName)).toEqual([...PUBLIC].sort(byName));
  });

  test("is nothing but named re-exports, and what is exported is there", () => {
    expect(text.replace(/export\s+(type\s+)?\{[^}]*\}\s*from\s*"[^"]+";/g, "").trim()).toBe("");
    const values = PUBLIC.filter((entry) => !entry.startsWith("type "));
    expect(Object.keys(attune).sort()).toEqual([...values].sort());
  });
});
