/** Where a step's time goes: by op and by part of the model, as tables and as a flame graph. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { percent } from "../src/base/format.ts";
import { writeWhole } from "../src/base/write-whole.ts";
import { chosen } from "./chosen.ts";
import { markdownTable, milliseconds } from "./figures.ts";
import { collapsedStacks, flameGraph } from "./flame-graph.ts";
import { jobNames, jobOf, modelKinds } from "./jobs.ts";
import { benchMachine, machineText } from "./machine.ts";
import { folderOf } from "./models.ts";
import { measuring, sharedInputs } from "./options.ts";
import { measureHere } from "./processes.ts";
import type { Profiled, ProfileJob } from "./profile-attune.ts";
import { writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";

export async function benchProfile(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...measuring,
      models: { type: "string", default: "bert-base" },
      jobs: { type: "string", default: "full" },
      batch: { type: "string", default: "16" },
      steps: { type: "string" },
    },
  });
  const kinds = chosen("models", values.models, modelKinds);
  const names = chosen("jobs", values.jobs, jobNames);
  const steps = Number(values.steps ?? (values.short ? 5 : 23));
  const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const texts = await loadTexts(values.data);
    const data = writeSample(join(folder, "texts"), texts, { train: steps * batchSize, others: 8 });
    for (const kind of kinds) {
      const model = await folderOf(kind, folder, values.model);
      for (const job of names) {
        const { title, options } = jobOf(job);
        const common = { model, data, batchSize, threads, epochs: 1, sharedTexts: "keep" } as const;
        const work = { steps, options: { ...common, ...options } } as ProfileJob;
        const profiled = measureHere<Profiled>("profile-attune.ts", work);
        const name = `${basename(model)}, batch ${batchSize}, ${title}`;
        show(values.out, ["profile", basename(model), job].join("-"), `${name}, ${threads} threads`, profiled);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function show(out: string, file: string, title: string, { stacks, stepSeconds, programSeconds }: Profiled): void {
  const machine = benchMachine();
  const inside = stacks.filter(([stack]) => stack.startsWith("program;"));
  const rest = stacks.filter(([stack]) => !stack.startsWith("program;"));
  const row = ([name, seconds]: readonly [string, number]) => [
    name,
    milliseconds(seconds),
    percent(seconds / stepSeconds),
  ];
  const sums = (key: (path: readonly string[]) => string) => sumBy(inside, key);

  const phases = (seconds: readonly (readonly [string, number])[], name: string) =>
    Object.fromEntries(seconds)[name] ?? 0;
  const forward = sumBy(
    inside.filter(([stack]) => stack.startsWith("program;forward;")),
    partOf,
  );
  const backward = sumBy(
    inside.filter(([stack]) => stack.startsWith("program;backward;")),
    partOf,
  );
  const parts = markdownTable([
    ["part of the model", "forward", "backward", "share of the step"],
    ...sums(partOf).map(([name, seconds]) => [
      name,
      milliseconds(phases(forward, name)),
      milliseconds(phases(backward, name)),
      percent(seconds / stepSeconds),
    ]),
  ]);
  const ops = markdownTable([["op", "time", "share of the step"], ...sums(opOf).map(row)]);
  const whole = markdownTable([
    ["a step", "time", "share"],
    ["all", milliseconds(stepSeconds), percent(1)],
    row(["program", programSeconds]),
    ...rest.map(row),
  ]);
  const note = `${title}. Profiling itself makes steps slower; compare shares, not times, with other benches.`;
  const markdown = [note, whole, parts, ops].join("\n\n");
  const path = writeResults(out, machine, { markdown, data: { title, stepSeconds, programSeconds, stacks } }, file);
  const graph = new Map(stacks.map(([stack, seconds]) => [`step;${stack}`, seconds]));
  writeWhole(`${path}.svg`, flameGraph(graph, `${title} · ${machineText(machine)}`, milliseconds));
  writeWhole(`${path}.stacks`, collapsedStacks(graph));
  console.log(`${markdown}\n\n${path}.md, .json, .svg, .stacks\n`);
}

/** All layers together, by role: a layer is like another. */
const partOf = ([, phase, part, role, op]: readonly string[]): string =>
  op === undefined ? phase! : part!.startsWith("layer ") ? `layers: ${role}` : part!;
const opOf = (path: readonly string[]): string => path.at(-1)!;

/** Largest first. */
function sumBy(
  stacks: readonly (readonly [string, number])[],
  key: (path: readonly string[]) => string,
): (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const [stack, seconds] of stacks) {
    const name = key(stack.split(";"));
    sums.set(name, (sums.get(name) ?? 0) + seconds);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
