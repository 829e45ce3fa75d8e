/** The one place that decides what computes. */
import type { Engine } from "./engine.ts";
import { onnxRuntimeEngine } from "./onnxruntime.ts";
import type { Bits } from "./reproducible-threads.ts";

/** Makes an engine for a run that may use so many threads, and whose bits may depend on their number or not. */
export type MakeEngine = (threads: number, bits?: Bits) => Engine;

/** ONNX Runtime on the CPU. */
export const cpuEngine = (threads?: number, bits?: Bits): Engine =>
  onnxRuntimeEngine({ ...(threads !== undefined && { threads }), ...(bits && { bits }) });
