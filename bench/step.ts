/**
 * The time of one training step and the peak memory, of Attune and of the Python peer: each in processes of its own, in
 * turn, so that a machine whose speed drifts is fair to both.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

interface Side {
  readonly stepSeconds: readonly number[];
  readonly peakRssBytes: number;
}

const WARM_UP_STEPS = 3;

export async function benchStep(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      python: { type: "string", default: process.env.ATTUNE_PYTHON ?? "python3" },
      rounds: { type: "string", default: "3" },
      steps: { type: "string", default: "40" },
      threads: { type: "string", default: "2" },
      batch: { type: "string", default: "16" },
    },
  });
  const shared = [
    "--model",
    values.model,
    "--data",
    values.data,
    "--steps",
    values.steps,
    "--threads",
    values.threads,
    "--batch-size",
    values.batch,
  ];
  const sides: Record<"attune" | "python", Side[]> = { attune: [], python: [] };
  for (let round = 1; round <= Number(values.rounds); round++) {
    sides.attune.push(
      measure(process.execPath, [...process.execArgv, new URL("step-attune.ts", import.meta.url).pathname, ...shared]),
    );
    sides.python.push(measure(values.python, [new URL("peer.py", import.meta.url).pathname, ...shared]));
    const line = Object.entries(sides).map(([name, runs]) => `${name} ${milliseconds(medianStep(runs.slice(-1)))}`);
    console.log(`round ${round}: ${line.join(", ")}`);
  }
  const [ours, theirs] = [medianStep(sides.attune), medianStep(sides.python)];
  const [ourBytes, theirBytes] = [peak(sides.attune), peak(sides.python)];
  console.log(`\n${cpus()[0]?.model.trim()} (${instructions()}), ${values.threads} threads, full fine-tuning, batch ${values.batch}
                 step (median)   peak memory
  attune         ${milliseconds(ours).padStart(13)}   ${megabytes(ourBytes).padStart(11)}
  python         ${milliseconds(theirs).padStart(13)}   ${megabytes(theirBytes).padStart(11)}
  python/attune  ${(theirs / ours).toFixed(2).padStart(12)}×   ${(theirBytes / ourBytes).toFixed(2).padStart(10)}×   (attune/python ${(ourBytes / theirBytes).toFixed(2)})`);
}

function measure(command: string, args: readonly string[]): Side {
  const output = execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 1 << 26,
  });
  return JSON.parse(output.trim().split("\n").at(-1)!) as Side;
}

function medianStep(runs: readonly Side[]): number {
  const all = runs.flatMap(({ stepSeconds }) => stepSeconds.slice(WARM_UP_STEPS)).sort((a, b) => a - b);
  return all[all.length >> 1]!;
}

const peak = (runs: readonly Side[]): number => Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes));
const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** The widest vector instructions, where the system tells. */
function instructions(): string {
  try {
    const flags = execFileSync("grep", ["-m1", "^flags", "/proc/cpuinfo"], { encoding: "utf8" });
    return flags.includes("avx512f") ? "AVX-512" : flags.includes("avx2") ? "AVX2" : "no AVX2";
  } catch {
    return "instructions unknown";
  }
}
