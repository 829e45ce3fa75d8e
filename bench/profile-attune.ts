/** Trains some steps under ONNX Runtime's profiler, in a process of its own, and says where their time went. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnxRuntimeEngine } from "../src/engine/onnxruntime.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import type { Node, Tensor } from "../src/graph/tensor.ts";
import type { PreparedRun } from "../src/run/prepare-run.ts";
import { LOSS } from "../src/train/program.ts";
import { mean } from "./figures.ts";
import { placesOf } from "./profile-places.ts";
import { type JobOptions, takeSteps } from "./steps.ts";

export interface ProfileJob {
  readonly steps: number;
  readonly options: JobOptions;
}

export interface Profiled {
  /** Mean seconds of a step by stack: "program;forward;layer 0;query;Gemm", "optimizer". */
  readonly stacks: readonly (readonly [string, number])[];
  readonly stepSeconds: number;
  readonly programSeconds: number;
}

const WARM_UP_STEPS = 3;

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const { steps, options } = JSON.parse(process.argv[2]!) as ProfileJob;
const folder = mkdtempSync(join(tmpdir(), "attune-profile-"));
try {
  const profiled = await profile();
  console.log(JSON.stringify(profiled));
} finally {
  rmSync(folder, { recursive: true });
}

async function profile(): Promise<Profiled> {
  let program: Readonly<Record<string, Tensor>> = {};
  let nodes: Node[] = [];
  let encoder: PreparedRun["adapted"]["encoder"];
  const outside = new Map<string, number[]>();
  const measured = await takeSteps(
    options,
    steps,
    {
      prepared: (run) => {
        encoder = run.adapted.encoder;
        const { runner, optimizer } = run.job;
        timed(outside, "runner", runner, "run");
        timed(outside, "optimizer: gradients received", optimizer, "receive");
        timed(outside, "optimizer: norm and AdamW", optimizer, "update");
      },
    },
    (threads) =>
      onnxRuntimeEngine({
        threads,
        profile: (outputs) => {
          if (!(LOSS in outputs)) return undefined;
          program = outputs;
          nodes = nodesInOrder(Object.values(outputs));
          const numbers = new Map(nodes.map((node, i) => [node, i]));
          return { filePrefix: join(folder, "step"), nodeName: (node) => `attune:${numbers.get(node)}` };
        },
      }),
  );
  const warm = (values: readonly number[]) => mean(values.slice(WARM_UP_STEPS));
  const places = placesOf(encoder!, program);
  const stacks = new Map<string, number>();
  const add = (stack: string, seconds: number) => stacks.set(stack, (stacks.get(stack) ?? 0) + Math.max(0, seconds));

  const file = readdirSync(folder).find((name) => name.startsWith("step"))!;
  const events = JSON.parse(readFileSync(join(folder, file), "utf8")) as TraceEvent[];
  const runs = events.filter(({ cat, name }) => cat === "Session" && name === "model_run").slice(WARM_UP_STEPS);
  const begin = Math.min(...runs.map(({ ts }) => ts));
  let kernels = 0;
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time") || ts < begin) continue;
    const number = /attune:(\d+)/.exec(name)?.[1];
    const place = number === undefined ? undefined : places.get(nodes[Number(number)]!);
    const where = place ? [place.phase, place.part, place.role] : ["made by ONNX Runtime"];
    const seconds = dur / 1e6 / runs.length;
    kernels += seconds;
    add(["program", ...where, args?.op_name ?? "?"].join(";"), seconds);
  }
  const [stepSeconds, programSeconds] = [warm(measured.stepSeconds), warm(measured.graphSeconds)];
  add("program;between nodes", programSeconds - kernels);
  const own = [...outside].map(([name, values]) => [name, warm(values)] as const);
  const runner = own.find(([name]) => name === "runner")![1];
  add("masks and binding", runner - programSeconds);
  for (const [name, seconds] of own) if (name !== "runner") add(name, seconds);
  add("packing, tokens", stepSeconds - own.reduce((sum, [, seconds]) => sum + seconds, 0));
  return { stacks: [...stacks], stepSeconds, programSeconds };
}

/** Lets a method note how long each of its calls takes. */
function timed<T extends object>(into: Map<string, number[]>, name: string, of: T, method: keyof T & string): void {
  const call = (of[method] as (...args: unknown[]) => unknown).bind(of);
  const seconds: number[] = [];
  into.set(name, seconds);
  Object.assign(of, {
    [method]: (...args: unknown[]) => {
      const started = performance.now();
      const note = () => seconds.push((performance.now() - started) / 1000);
      const result = call(...args);
      if (!(result instanceof Promise)) {
        note();
        return result;
      }
      return result.finally(note);
    },
  });
}
