/**
 * Attune and the Python stack at the same jobs on one machine: each measurement in a process of its own, in turn, so that
 * a machine whose speed drifts is fair to both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { AttuneJob, AttuneRun } from "./attune.ts";
import { peftTargetsOf } from "./base-models.ts";
import { chosen } from "./chosen.ts";
import { seconds } from "./figures.ts";
import { type JobName, jobNames, jobOf, type ModelKind, modelKinds, type Precision, precisions } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import { folderOf } from "./models.ts";
import { inRounds, sharedInputs } from "./options.ts";
import { onOwnCores } from "./own-cores.ts";
import { type Comparison, type PythonRun, report, type Side, secondsOf } from "./peer-report.ts";
import { defaultPython, hasPython, measureHere, measurePython } from "./processes.ts";
import { writeResults } from "./results.ts";
import { type Dataset, loadTexts, writeSample } from "./samples.ts";
import type { AttuneSteps } from "./steps.ts";

const LEARNING_RATE = 1e-4;

interface Setting {
  readonly folder: string;
  readonly texts: Dataset;
  readonly rounds: number;
  readonly steps: number;
  readonly threads: number;
  /** Whether measurements wait for cores of their own. */
  readonly ownCores: boolean;
  /** Training texts of jobs that are measured from start to result; undefined: as each job has it. */
  readonly examples: number | undefined;
  readonly python: string;
  /** With which precisions Python is measured: none where it is not there. */
  readonly precisions: readonly Precision[];
}

export async function benchPeer(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...inRounds,
      models: { type: "string", default: "bert-base,model" },
      jobs: { type: "string", default: jobNames.join(",") },
      batch: { type: "string", default: "16,32" },
      precision: { type: "string" },
      steps: { type: "string" },
      examples: { type: "string" },
      python: { type: "string", default: defaultPython() },
    },
  });
  const kinds = chosen("models", values.models, modelKinds);
  const names = chosen("jobs", values.jobs, jobNames);
  const machine = benchMachine();
  const { short } = values;
  const wanted = values.precision
    ? chosen("precision", values.precision, precisions)
    : precisions.filter((precision) => precision === "float32" || machine.bfloat16);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const setting: Setting = {
      folder,
      texts: await loadTexts(values.data),
      rounds: Number(values.rounds ?? (short ? 1 : 3)),
      steps: Number(values.steps ?? (short ? 5 : 23)),
      threads: Number(values.threads),
      ownCores: !short,
      examples: values.examples ? Number(values.examples) : short ? 32 : undefined,
      python: values.python,
      precisions: hasPython(values.python, ["torch", "transformers", "peft"]) ? wanted : [],
    };
    const comparisons: Comparison[] = [];
    let written = "";
    for (const kind of kinds) {
      const model = await folderOf(kind, folder, values.model);
      for (const batch of values.batch.split(",").map(Number))
        for (const job of names) {
          comparisons.push(compare(setting, { kind, model, batch, job }));
          // After each, so that a bench that is stopped leaves what it has.
          const { markdown, data } = report(comparisons, machine, setting);
          written = writeResults(values.out, machine, { markdown, data });
        }
    }
    console.log(`\n${report(comparisons, machine, setting).markdown}\n\n${written}.md, .json`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Place {
  readonly kind: ModelKind;
  readonly model: string;
  readonly batch: number;
  readonly job: JobName;
}

function compare(setting: Setting, { kind, model, batch, job }: Place): Comparison {
  const { title, epochs, examples } = jobOf(job);
  const texts = epochs ? (setting.examples ?? examples![kind === "model" ? kind : "base"]) : batch * setting.steps;
  const data = join(setting.folder, `texts-${texts}`);
  writeSample(data, setting.texts, { train: texts, others: Math.max(1, Math.round(texts / 8)) });
  const sides: Record<Side, (AttuneSteps | AttuneRun | PythonRun)[]> = { attune: [], float32: [], bfloat16: [] };
  const measured = <T extends object>(measure: () => T): T =>
    onOwnCores(setting.ownCores ? setting.threads : 1, measure);
  const place = { model: basename(model), kind, job, title, batch, texts, ...(epochs && { epochs }) };
  for (let round = 1; round <= setting.rounds; round++) {
    sides.attune.push(measured(() => measureAttune(setting, { model, data, batch, job })));
    for (const precision of setting.precisions)
      sides[precision].push(measured(() => measurePeer(setting, { kind, model, data, batch, job }, precision)));
    const figures = Object.entries(sides)
      .filter(([, runs]) => runs.length > 0)
      .map(([side, runs]) => `${side} ${seconds(secondsOf(runs.slice(-1), place))}`);
    console.log(`${place.model}, batch ${batch}, ${title}, round ${round}: ${figures.join(", ")}`);
  }
  return { ...place, sides } as Comparison;
}

interface Work {
  readonly model: string;
  readonly data: string;
  readonly batch: number;
  readonly job: JobName;
}

function measureAttune({ steps, threads }: Setting, { model, data, batch, job }: Work): AttuneSteps | AttuneRun {
  const { options, epochs } = jobOf(job);
  const common = { model, data, threads, batchSize: batch, learningRate: LEARNING_RATE, sharedTexts: "keep" } as const;
  const whole = { options: { ...common, ...options, epochs: epochs ?? 1 } } as AttuneJob;
  return measureHere("attune.ts", epochs ? whole : { ...whole, steps });
}

function measurePeer(
  setting: Setting,
  { kind, model, data, batch, job }: Work & Pick<Place, "kind">,
  precision: Precision,
): PythonRun {
  const { peer, epochs } = jobOf(job);
  const length = epochs ? ["--epochs", "1", "--no-eval"] : ["--steps", `${setting.steps}`];
  const targets = job === "lora" ? peftTargetsOf(kind) : undefined;
  return measurePython(setting.python, "peer.py", [
    ...["--model", model, "--data", data, "--threads", `${setting.threads}`, "--batch-size", `${batch}`],
    ...["--learning-rate", `${LEARNING_RATE}`, ...peer, ...length],
    ...(targets === undefined ? [] : ["--targets", targets]),
    ...(precision === "bfloat16" ? ["--bf16"] : []),
  ]);
}
