/** What `audit` finds of labels that were changed by seed, beside cleanlab on the same probabilities, and what it takes. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { audit } from "../src/audit/audit.ts";
import type { AuditOptions } from "../src/audit/audit-options.ts";
import type { AuditResult, AuditStage } from "../src/audit/audit-result.ts";
import { permutation, randomKey, uint32 } from "../src/base/random.ts";
import { atPath } from "../src/hub/named-inputs.ts";
import type { Dataset } from "../src/tables/dataset.ts";
import { loadDataset } from "../src/tables/load-dataset.ts";
import { benchMachine } from "./machine.ts";
import { resultsFolder, writeResults } from "./results.ts";

const DATA = ["../shared/data/dair-ai/emotion", "../shared/data/banking77", "attune:emotions"];

interface Row {
  readonly data: string;
  readonly texts: number;
  readonly share: number;
  readonly flipped: number;
  readonly found: number;
  readonly precision: number;
  readonly recall: number;
  /** Of as many texts, those least sure first, as labels were changed: precision and recall are the same there. */
  readonly atFlips: number;
  readonly cleanlab?: {
    readonly found: number;
    readonly precision: number;
    readonly recall: number;
    readonly atFlips: number;
  };
  readonly seconds: AuditResult["seconds"];
  /** Seconds of processors, by stage: with one thread, what it takes on a machine that does nothing else. */
  readonly cpu: Readonly<Partial<Record<AuditStage, number>>> & { readonly total: number };
  readonly tried: AuditResult["tried"];
}

export async function benchAudit(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", default: DATA.join(",") },
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      shares: { type: "string", default: "0.05,0.1,0.2" },
      seed: { type: "string", default: "1" },
      threads: { type: "string", default: "1" },
      python: { type: "string", default: process.env.ATTUNE_PYTHON ?? "python3" },
      out: { type: "string", default: resultsFolder },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-audit-"));
  const rows: Row[] = [];
  try {
    for (const data of values.data.split(",")) {
      if (!existsSync(atPath(data).path)) {
        console.log(`${data} is not here and is left out`);
        continue;
      }
      const dataset = await loadDataset({ path: atPath(data).path, seed: 42, sharedTexts: "keep" });
      for (const share of values.shares.split(",").map(Number)) {
        const options = { model: values.model, threads: Number(values.threads), seed: 42 };
        const row = await measure(data, dataset, share, Number(values.seed), options, values.python, folder);
        rows.push(row);
        console.log(JSON.stringify(row));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const machine = benchMachine();
  const made = writeResults(
    values.out,
    machine,
    { data: { model: values.model, rows }, markdown: tableOf(rows) },
    "audit",
  );
  console.log(`\n${tableOf(rows)}\n\n${made}.md`);
}

async function measure(
  data: string,
  { labels, splits }: Dataset,
  share: number,
  seed: number,
  options: { readonly model: string; readonly threads: number; readonly seed: number },
  python: string,
  folder: string,
): Promise<Row> {
  // The training split as a file of its own.
  const { train } = splits;
  const flipped = flippedTexts(train.length, share, seed);
  const given = Array.from({ length: train.length }, (_, i) => {
    const label = train.truth(i) as number;
    if (!flipped.has(i)) return label;
    return (label + 1 + (uint32(randomKey(seed, "sample", "other"), i) % (labels.length - 1))) % labels.length;
  });
  const file = join(folder, "changed.jsonl");
  const lines = given.map((label, i) => JSON.stringify({ text: train.text(i), label: labels[label]! }));
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { result, probabilities, cpu } = await measured({ ...options, data: file });
  const found = result.issues.filter(({ kind }) => kind === "label").map(({ row }) => row - 1);
  // Classes may have another order in the changed file.
  const own = given.map((label) => result.labels.indexOf(labels[label]!));
  const order = [...own.keys()].sort(
    (a, b) => probabilities[a * labels.length + own[a]!]! - probabilities[b * labels.length + own[b]!]!,
  );
  const theirs = cleanlab(python, folder, probabilities, own, labels.length);
  const right = (texts: readonly number[]) => texts.filter((text) => flipped.has(text)).length;
  const scores = (texts: readonly number[], ranked: readonly number[]) => ({
    found: texts.length,
    precision: right(texts) / texts.length,
    recall: right(texts) / flipped.size,
    atFlips: right(ranked.slice(0, flipped.size)) / flipped.size,
  });
  return {
    data,
    texts: train.length,
    share,
    flipped: flipped.size,
    ...scores(found, order),
    ...(theirs && {
      cleanlab: scores(theirs.default, theirs.order),
    }),
    seconds: result.seconds,
    cpu,
    tried: result.tried,
  };
}

async function measured(options: AuditOptions) {
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  const started = cpuSeconds();
  const begun: [AuditStage, number][] = [];
  for await (const event of audit(options)) {
    if (event.type === "progress" && event.stage !== begun.at(-1)?.[0]) begun.push([event.stage, cpuSeconds()]);
    if (event.type !== "audited") continue;
    const end = cpuSeconds();
    const stages = begun.map(([stage, from], i) => [stage, (begun[i + 1]?.[1] ?? end) - from]);
    return { ...event, cpu: { ...Object.fromEntries(stages), total: end - started } as Row["cpu"] };
  }
  throw new Error("an audit ends with its result");
}

const flippedTexts = (count: number, share: number, seed: number): Set<number> =>
  new Set(permutation(randomKey(seed, "sample", "flipped"), count).subarray(0, Math.round(share * count)));

interface CleanlabFound {
  readonly default: number[];
  readonly order: number[];
  readonly seconds: number;
}

function cleanlab(
  python: string,
  folder: string,
  probabilities: Float32Array,
  given: readonly number[],
  classes: number,
): CleanlabFound | undefined {
  const file = join(folder, "probabilities");
  writeFileSync(file, probabilities);
  const script = fileURLToPath(new URL("audit.py", import.meta.url));
  const input = JSON.stringify({ probabilities: file, given, classes });
  const peer = spawnSync(python, [script], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (peer.status === 0) return JSON.parse(peer.stdout);
  console.log(`cleanlab was not measured: ${python} has none (name one with --python)`);
  return undefined;
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    "data",
    "texts",
    "changed",
    "found",
    "precision",
    "recall",
    "precision at changed",
    "cleanlab: found",
    "precision",
    "recall",
    "at changed",
    "processor seconds (of these the encoder)",
  ];
  const three = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(3));
  const cells = rows.map(({ cleanlab: theirs, ...row }) => [
    row.data.replace(/^.*\//, ""),
    row.texts,
    `${100 * row.share} %`,
    row.found,
    ...[row.precision, row.recall, row.atFlips].map(three),
    theirs?.found ?? "–",
    ...[theirs?.precision, theirs?.recall, theirs?.atFlips].map(three),
    `${row.cpu.total.toFixed(0)} (${row.cpu.features!.toFixed(0)})`,
  ]);
  const lines = [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...cells];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
