/** What the comparison with the Python stack says: seconds, peak memory and ratios, with the goals beside them. */
import { grouped } from "../src/base/format.ts";
import type { AttuneRun } from "./attune.ts";
import { markdownTable, median, megabytes, milliseconds, seconds, times } from "./figures.ts";
import {
  GOAL_BATCH,
  goals,
  type JobName,
  type ModelKind,
  OUTSIDE_GRAPH_GOAL,
  type Precision,
  START_SECONDS_GOAL,
  WHOLE,
} from "./jobs.ts";
import type { BenchMachine } from "./machine.ts";
import type { Found } from "./results.ts";
import type { AttuneSteps } from "./steps.ts";

/** One JSON object of peer.py. */
export interface PythonRun {
  readonly stepSeconds: readonly number[];
  readonly startSeconds: number;
  readonly trainSeconds: number;
  readonly peakRssBytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

export type Side = "attune" | Precision;

export interface Comparison {
  readonly model: string;
  readonly kind: ModelKind;
  readonly job: JobName;
  readonly title: string;
  readonly batch: number;
  /** Training texts. */
  readonly texts: number;
  /** Where it was measured from start to result: epochs. */
  readonly epochs?: number;
  readonly sides: {
    readonly attune: readonly (AttuneSteps | AttuneRun)[];
    readonly float32: readonly PythonRun[];
    readonly bfloat16: readonly PythonRun[];
  };
}

/** The first steps are slow on both sides: memory is touched for the first time. */
const WARM_UP_STEPS = 3;

/**
 * Of steps the median over all rounds, of whole runs the median of the rounds. These are taken for the whole job: what
 * comes after the start as often as the texts fit into it, and Python's one epoch as often as there are epochs.
 */
export function secondsOf(
  runs: readonly (AttuneSteps | AttuneRun | PythonRun)[],
  { epochs, texts }: Pick<Comparison, "epochs" | "texts">,
): number {
  if (epochs === undefined) return median(runs.flatMap((run) => warm((run as AttuneSteps).stepSeconds)));
  return median(
    (runs as readonly (AttuneRun | PythonRun)[]).map((run) => {
      const grows = "totalSeconds" in run ? run.totalSeconds - run.startSeconds : epochs * run.trainSeconds;
      return run.startSeconds + (WHOLE / texts) * grows;
    }),
  );
}

const warm = (values: readonly number[]): readonly number[] => values.slice(WARM_UP_STEPS);
const peak = (runs: readonly { readonly peakRssBytes: number }[]): number =>
  Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes));

interface Circumstances {
  readonly rounds: number;
  readonly steps: number;
  readonly threads: number;
}

export function report(
  comparisons: readonly Comparison[],
  machine: BenchMachine,
  { rounds, steps, threads }: Circumstances,
): Found {
  const rows = comparisons.map((comparison) => rowOf(comparison, machine));
  const header = ["job", "Attune", "Python float32", "ratio", "goal", "Python bfloat16", "ratio", "goal"];
  const memory = ["peak memory", "Attune", "Python float32", "ratio", "goal"];
  const versions = comparisons.map(({ sides }) => (sides.float32[0] ?? sides.bfloat16[0])?.versions).find(Boolean);
  const texts = [
    `Threads: ${threads}. Medians of ${rounds} × ${steps - WARM_UP_STEPS} steps after ${WARM_UP_STEPS} that warm up, or of ${rounds} runs from start to result of ${grouped(WHOLE)} texts, in turn; Python without evaluation and with one epoch that counts as many times; peak memory by the operating system.`,
    ...(versions
      ? [
          Object.entries(versions)
            .map(([name, version]) => `${name} ${version}`)
            .join(", "),
        ]
      : []),
    markdownTable([header, ...rows.map(({ speed }) => speed)]),
    markdownTable([memory, ...rows.map(({ bytes }) => bytes)]),
    ...stepShares(comparisons, machine),
  ];
  const figures = rows.map(({ figures }) => figures);
  return { markdown: texts.join("\n\n"), data: { threads, rounds, steps, figures, comparisons } };
}

function rowOf(comparison: Comparison, { instructions }: BenchMachine) {
  const { model, kind, job, title, batch, texts, epochs, sides } = comparison;
  const goal = (against: Precision) =>
    batch === GOAL_BATCH
      ? goals.find((each) => each.job === job && each.model === kind && each.against === against)
      : undefined;
  const attune = secondsOf(sides.attune, comparison);
  const written = epochs ? seconds : milliseconds;
  const name = `${model}, batch ${batch}, ${title}${epochs ? `, ${epochs} epochs${texts === WHOLE ? "" : ` (from ${texts} texts)`}` : ""}`;
  const figures: Record<string, unknown> = { name, attuneSeconds: attune, attunePeakBytes: peak(sides.attune) };
  const speed = [name, written(attune)];
  for (const precision of ["float32", "bfloat16"] as const) {
    const least = instructions === "unknown" ? undefined : goal(precision)?.speed[instructions];
    if (sides[precision].length === 0) speed.push("–", "–");
    else {
      const python = secondsOf(sides[precision], comparison);
      speed.push(written(python), times(python / attune));
      Object.assign(figures, { [`${precision}Seconds`]: python, [`${precision}Ratio`]: python / attune });
    }
    speed.push(least === undefined ? "–" : `≥ ${least}×`);
  }
  const most = goal("float32")?.memory;
  const bytes = [name, megabytes(peak(sides.attune))];
  if (sides.float32.length === 0) bytes.push("–", "–");
  else bytes.push(megabytes(peak(sides.float32)), (peak(sides.attune) / peak(sides.float32)).toFixed(2));
  bytes.push(most === undefined ? "–" : `≤ ${most.toFixed(2)}`);
  return { speed, bytes, figures };
}

/** Of steps, what is not the graph, and how long the first one takes to come. */
function stepShares(comparisons: readonly Comparison[], { instructions }: BenchMachine): string[] {
  const stepped = comparisons.filter(({ epochs }) => epochs === undefined);
  if (stepped.length === 0) return [];
  const rows = stepped.map(({ model, kind, job, title, batch, sides }) => {
    const runs = sides.attune as readonly AttuneSteps[];
    const outside = median(
      runs.flatMap(({ stepSeconds, graphSeconds }) => warm(stepSeconds.map((step, i) => 1 - graphSeconds[i]! / step))),
    );
    const start = Math.min(...runs.map(({ startToFirstStepSeconds }) => startToFirstStepSeconds));
    const isGoal = kind === "bert-base" && job === "full" && batch === GOAL_BATCH;
    return [
      `${model}, batch ${batch}, ${title}`,
      `${(100 * outside).toFixed(1)} %`,
      isGoal && instructions !== "unknown" ? `≤ ${(100 * OUTSIDE_GRAPH_GOAL[instructions]).toFixed(0)} %` : "–",
      seconds(start),
      isGoal ? `≤ ${START_SECONDS_GOAL} s` : "–",
    ];
  });
  const header = ["a step of Attune", "outside the graph", "goal", "start to first step, best round", "goal"];
  const note =
    "Outside the graph: masks, packing, gradient norm and optimizer. Start: of the process, the loading of TypeScript in it.";
  return [markdownTable([header, ...rows]), note];
}
