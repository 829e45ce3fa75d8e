/**
 * Full-state checkpoints: weights, moments and where training stands. A run that goes on from one ends with the same
 * bytes as a run that was never interrupted.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkJson } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import { checksumOfFile, checksumOfText } from "../base/file-bytes.ts";
import { discard } from "../base/partial-name.ts";
import { parseJson } from "../base/read-json.ts";
import { sizeOf } from "../base/size-of.ts";
import { makeFolder, writeWholeFolder } from "../base/write-whole.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";

/** What any checkpoint's state has: its name comes from it. */
export interface AnyState {
  readonly training: { readonly step: number; readonly epochs: readonly unknown[] };
}

/** What checkpoints hold of training besides its state, in this program's memory: to be downloaded before, uploaded after. */
export type TrainedMemory = Pick<ParameterStore, "host" | "trainables">;

const [STATE, WEIGHTS, MOMENTS] = ["state.json", "weights.safetensors", "moments.safetensors"] as const;

const stateShape = z.looseObject({
  training: z.looseObject({ step: z.int().min(0), epochs: z.array(z.unknown()) }),
  eventBytes: z.int().min(0),
  /** Rows that have moments, by parameter: of tables of which only some rows were used. */
  touched: z.record(z.string(), z.array(z.int().min(0))),
  /** CRC-32 of the other files; checkpoints of older versions have none. */
  files: z.record(z.enum([WEIGHTS, MOMENTS]), z.number()).optional(),
});
type StoredState = z.infer<typeof stateShape>;

/** Writes a checkpoint into `folder`, whole or not at all; of the others, the one before it stays. */
export function saveCheckpoint(folder: string, state: AnyState, { host, trainables }: TrainedMemory): string {
  const name = `step-${String(state.training.step).padStart(8, "0")}-${state.training.epochs.length}`;
  makeFolder(folder);
  // What a killed process left half-written.
  for (const left of readdirSync(folder).filter((entry) => entry.endsWith(".partial"))) discard(join(folder, left));
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
    const at = (file: string) => join(partial, file);
    saveWeights(at(WEIGHTS), { host, trainables });
    writeSafetensors(at(MOMENTS), moments);
    const files = { [WEIGHTS]: checksumOfFile(at(WEIGHTS)), [MOMENTS]: checksumOfFile(at(MOMENTS)) };
    const text = JSON.stringify({ ...state, touched, files });
    writeFileSync(at(STATE), `${text}\n${checksumOfText(text)}\n`, { flush: true });
  });
  // Those after it are of a process whose newest could not be read.
  const others = listCheckpoints(folder).filter((other) => other !== name);
  const before = others.filter((other) => other < name).at(-1);
  for (const old of others) if (old !== before) discard(join(folder, old));
  return join(folder, name);
}

/** What was found to go on from. */
export interface Restored<State> {
  /** Undefined where there is no checkpoint that can be used: the run begins anew. */
  readonly state?: State;
  /** Newer checkpoints that are damaged. */
  readonly notes: readonly string[];
  /** Fills weights and moments, where there is a checkpoint. */
  fill(memory: TrainedMemory): void;
}

/** The newest checkpoint that is whole. */
export function newestCheckpoint<State extends AnyState>(folder: string): Restored<State> {
  const notes: string[] = [];
  for (const name of listCheckpoints(folder).reverse()) {
    const found = readState<State>(join(folder, name));
    if ("problem" in found) {
      notes.push(`The checkpoint ${name} is damaged (${found.problem}), so this goes on from what is before it.`);
      continue;
    }
    const { state, stored } = found;
    return { state, notes, fill: (memory) => fillFrom(join(folder, name), stored, memory) };
  }
  return { notes, fill: () => {} };
}

/** A checkpoint's state, once all its files are seen to be whole. */
function readState<State>(path: string): { state: State; stored: StoredState } | { problem: string } {
  try {
    const [text, checksum] = readFileSync(join(path, STATE), "utf8").split("\n") as [string, string | undefined];
    if (checksum && Number(checksum) !== checksumOfText(text)) return { problem: `${STATE} was changed` };
    const hints = { code: "run/checkpoint", advice: "the file was changed" };
    const stored = checkJson(STATE, parseJson(text, STATE, hints), stateShape, hints);
    const { touched: _, files, ...state } = stored;
    for (const [file, expected] of Object.entries(files ?? {}))
      if (checksumOfFile(join(path, file)) !== expected) return { problem: `${file} was changed` };
    return { state: state as unknown as State, stored };
  } catch (error) {
    // Too many open files or no memory say nothing about the checkpoint.
    if (["EMFILE", "ENFILE", "ENOMEM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return { problem: (error as Error).message };
  }
}

function fillFrom(path: string, { touched }: StoredState, { host, trainables }: TrainedMemory): void {
  restoreWeights(join(path, WEIGHTS), { host, trainables });
  const moments = openSafetensors(join(path, MOMENTS));
  try {
    for (const trainable of trainables) {
      const { name } = trainable.parameter;
      const read = (key: string) => {
        const entry = moments.tensors.get(key);
        if (!entry)
          throw new AttuneError("run/checkpoint", `${path}: ${MOMENTS} has no ${key}; remove this checkpoint`);
        const array = new Float32Array(sizeOf(entry.shape));
        moments.readFloat32(key, array);
        return array;
      };
      const rows = touched[name];
      const state = { first: read(`first:${name}`), second: read(`second:${name}`) };
      trainable.restore({ ...state, ...(rows && { rows }) });
    }
  } finally {
    moments.close();
  }
}

/** Complete checkpoints, oldest first; what a killed process left half-written is not among them. */
function listCheckpoints(folder: string): string[] {
  if (!existsSync(folder)) return []; // Somebody needed the place on the disk.
  return readdirSync(folder)
    .filter((name) => /^step-\d+-\d+$/.test(name))
    .sort();
}

/** The trained weights only: the others are the base model's. `epoch` says after which epoch they stand. */
export function saveWeights(file: string, { host, trainables }: TrainedMemory, epoch?: number): void {
  const tensors = trainables.map(({ parameter: { name, shape } }) => {
    return { name, shape, data: host[name]!.data as Float32Array };
  });
  writeSafetensors(file, tensors, { format: "pt", ...(epoch !== undefined && { epoch: String(epoch) }) });
}

/** Fills the trained weights; returns the epoch that the file is of, where it says one. */
export function restoreWeights(file: string, { host, trainables }: TrainedMemory): number | undefined {
  const stored = openSafetensors(file);
  try {
    for (const { parameter } of trainables)
      stored.readFloat32(parameter.name, host[parameter.name]!.data as Float32Array);
    return stored.metadata?.epoch === undefined ? undefined : Number(stored.metadata.epoch);
  } finally {
    stored.close();
  }
}
