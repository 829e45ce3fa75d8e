/** The one place that decides what computes. */
import type { Engine } from "./engine.ts";
import { onnxRuntimeEngine } from "./onnxruntime.ts";

/** Makes an engine for a run that may use so many threads. */
export type MakeEngine = (threads: number) => Engine;

/** ONNX Runtime on the CPU. */
export const cpuEngine = (threads?: number): Engine => onnxRuntimeEngine(threads === undefined ? {} : { threads });
