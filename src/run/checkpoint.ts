/**
 * Full-state checkpoints: weights, moments and where training stands. A run that goes on from one ends with the same
 * bytes as a run that was never interrupted.
 */

import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../base/read-json.ts";
import { sizeOf } from "../base/size-of.ts";
import { writeWholeFolder } from "../base/write-whole.ts";
import type { StoredTrainable } from "../engine/parameter-store.ts";
import type { HostTensor } from "../graph/tensor.ts";
import type { SplitMetrics } from "../train/metrics.ts";
import type { TrainingState } from "../train/trainer.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import type { SavedTimes } from "./run-times.ts";

const KEPT_CHECKPOINTS = 2;

export interface CheckpointState {
  readonly training: TrainingState;
  /** Bytes of events.jsonl that belong to what the checkpoint holds. */
  readonly eventBytes: number;
  /** Metrics before training. */
  readonly base: SplitMetrics;
  /** So far. */
  readonly times: SavedTimes;
}

/** What any checkpoint's state has: its name comes from it. */
interface AnyState {
  readonly training: { readonly step: number; readonly epochs: readonly unknown[] };
}

const stateShape = z.looseObject({
  training: z.looseObject({ step: z.int().min(0), epochs: z.array(z.unknown()) }),
  eventBytes: z.int().min(0),
  touched: z.record(z.string(), z.array(z.int().min(0))),
});

type Weights = Readonly<Record<string, HostTensor>>;

/** Writes a checkpoint into `folder`, whole or not at all, and removes all but the last two. */
export function saveCheckpoint(
  folder: string,
  state: AnyState,
  weights: Weights,
  trainables: readonly StoredTrainable[],
): string {
  const name = `step-${String(state.training.step).padStart(8, "0")}-${state.training.epochs.length}`;
  // What a killed process left half-written.
  for (const left of readdirSync(folder).filter((entry) => entry.endsWith(".partial")))
    rmSync(join(folder, left), { recursive: true });
  const touched: Record<string, readonly number[]> = {};
  const moments = trainables.flatMap((trainable) => {
    const { name: parameter, shape } = trainable.parameter;
    const { first, second, rows } = trainable.state();
    if (rows) touched[parameter] = rows;
    const stored = rows ? [rows.length, ...shape.slice(1)] : shape;
    return [
      { name: `first:${parameter}`, shape: stored, data: first },
      { name: `second:${parameter}`, shape: stored, data: second },
    ];
  });
  writeWholeFolder(join(folder, name), (partial) => {
    saveWeights(join(partial, "weights.safetensors"), weights, trainables);
    writeSafetensors(join(partial, "moments.safetensors"), moments);
    writeFileSync(join(partial, "state.json"), JSON.stringify({ ...state, touched }), { flush: true });
  });
  for (const old of listCheckpoints(folder).slice(0, -KEPT_CHECKPOINTS)) rmSync(join(folder, old), { recursive: true });
  return join(folder, name);
}

/** Fills weights and moments from the newest checkpoint and returns its state, or undefined where there is none. */
export function restoreCheckpoint<State extends AnyState = CheckpointState>(
  folder: string,
  weights: Weights,
  trainables: readonly StoredTrainable[],
): State | undefined {
  const newest = listCheckpoints(folder).at(-1);
  if (!newest) return undefined;
  const path = (file: string) => join(folder, newest, file);
  restoreWeights(path("weights.safetensors"), weights, trainables);
  const hints = { code: "run/checkpoint", advice: "remove this checkpoint, and the run goes on from the one before" };
  const state = readJson(path("state.json"), stateShape, hints) as unknown as State & z.input<typeof stateShape>;
  const moments = openSafetensors(path("moments.safetensors"));
  for (const trainable of trainables) {
    const { name } = trainable.parameter;
    const read = (key: string) => {
      const { shape } = moments.tensors.get(key)!;
      const array = new Float32Array(sizeOf(shape));
      moments.readFloat32(key, array);
      return array;
    };
    const rows = state.touched[name];
    trainable.restore({ first: read(`first:${name}`), second: read(`second:${name}`), ...(rows ? { rows } : {}) });
  }
  moments.close();
  const { touched: _, ...rest } = state;
  return rest as unknown as State;
}

/** Complete checkpoints, oldest first; what a killed process left half-written is not among them. */
function listCheckpoints(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^step-\d+-\d+$/.test(name))
    .sort();
}

/** The trained weights only: the others are the base model's. */
export function saveWeights(file: string, weights: Weights, trainables: readonly StoredTrainable[]): void {
  writeSafetensors(
    file,
    trainables.map(({ parameter: { name, shape } }) => ({ name, shape, data: weights[name]!.data as Float32Array })),
  );
}

export function restoreWeights(file: string, weights: Weights, trainables: readonly StoredTrainable[]): void {
  const stored = openSafetensors(file);
  for (const { parameter } of trainables)
    stored.readFloat32(parameter.name, weights[parameter.name]!.data as Float32Array);
  stored.close();
}
