/** The machine of a measurement: a ratio against Python is a property of the processor, too. */
import { readFileSync } from "node:fs";
import { describeMachine } from "../src/base/machine.ts";

export interface BenchMachine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The widest vector instructions, where the system tells. */
  readonly instructions: "AVX-512" | "AVX2" | "unknown";
  /** Whether it multiplies bfloat16 itself; where it does not, PyTorch emulates that slowly. */
  readonly bfloat16: boolean;
}

export function benchMachine(): BenchMachine {
  const { processor, cores, memoryBytes } = describeMachine();
  const flags = processorFlags();
  const instructions = flags.has("avx512f") ? "AVX-512" : flags.has("avx2") ? "AVX2" : "unknown";
  const bfloat16 = flags.has("avx512_bf16") || flags.has("amx_bf16");
  return { processor, cores, memoryBytes, instructions, bfloat16 };
}

function processorFlags(): ReadonlySet<string> {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
    return new Set(line?.split(" "));
  } catch {
    return new Set(); // Not Linux.
  }
}

/** "Intel(R) Xeon(R) Processor (AVX-512), 2 cores" */
export const machineText = ({ processor, instructions, cores }: BenchMachine): string =>
  `${processor} (${instructions === "unknown" ? "instructions unknown" : instructions}), ${cores} cores`;
