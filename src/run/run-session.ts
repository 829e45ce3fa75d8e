/**
 * What is the same of every run, of `train` and of `pretrain`: its state in run.json, its events, when it keeps a
 * checkpoint, and how it ends: finished, interrupted, failed, or left by whoever followed it.
 */

import { join, relative } from "node:path";
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { type AnyState, newestCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { RunStatus } from "./run-facts.ts";
import type { RunFolder } from "./run-folder.ts";
import type { CheckpointEvent } from "./train-events.ts";

/** What a run does between its beginning and its end. */
export interface RunWork<State extends AnyState, Event> {
  /** Of the command line, which begins such a run and goes on with it. */
  readonly command: string;
  readonly folder: RunFolder;
  /** What checkpoints hold besides the state. */
  readonly memory: ParameterStore;
  /** run.json but for its status. `out` is the folder as all that is written down names it: a copy is worked on elsewhere. */
  facts(): { readonly options: { readonly checkpointMinutes: number; readonly out: string } };
  /** Steps done. */
  steps(): number;
  /** Where the work stands; undefined while there is nothing worth a checkpoint. */
  state(): State | undefined;
  /** What has to be measured of the weights as they begin, before those of a checkpoint take their place. */
  beforeRestore?(state: State): Promise<void>;
  /** Goes on from the state of a checkpoint, whose weights and moments are in memory by now. */
  restore(state: State): void;
  /** Does the work, from where it stands to its result. Between two events it can be stopped. */
  go(session: RunSession<State, Event>): AsyncGenerator<Event>;
  /** After a failure: keeps what is worth it, and says so in the error that is then reported. */
  rescue?(error: Error): Promise<Error>;
}

export class RunSession<State extends AnyState, Event> {
  readonly #work: RunWork<State, Event>;
  readonly #signal: AbortSignal | undefined;
  readonly #folder: RunFolder;
  #lastCheckpoint = performance.now();
  /** Where the newest checkpoint stands, so that it is not written twice. */
  #saved = "";
  #isOver = false;
  #background: Promise<unknown> = Promise.resolve();
  /** What the user should know of the checkpoints that were found. */
  notes: readonly string[] = [];

  constructor(work: RunWork<State, Event>, signal: AbortSignal | undefined) {
    this.#work = work;
    this.#signal = signal;
    this.#folder = work.folder;
  }

  /** Runs from the newest checkpoint, or the beginning, to the end. The folder stays open. */
  async *run(): AsyncGenerator<Event | CheckpointEvent> {
    try {
      await this.#restore();
      this.#writeStatus("running");
      yield* this.#work.go(this);
    } catch (error) {
      const { checkpoint, reported } = await this.#end(error);
      if (checkpoint) yield checkpoint;
      throw reported;
    } finally {
      await this.#settleBackground();
      if (!this.#isOver) await this.#end(this.#interrupted());
    }
  }

  /** Writes an event down, with its time and the memory that the process holds then. */
  record<E extends object>(event: E): E {
    this.#folder.appendEvent({ at: new Date().toISOString(), ...event, memoryBytes: process.memoryUsage.rss() });
    return event;
  }

  /**
   * Between two steps: lets signals and timers in, keeps a checkpoint where one is due or asked for, and stops where that
   * was asked for.
   */
  async *pause(keep = false): AsyncGenerator<CheckpointEvent> {
    // The engine computes without returning to the event loop.
    await nextTurn();
    const { checkpointMinutes } = this.#work.facts().options;
    const isDue = performance.now() - this.#lastCheckpoint > checkpointMinutes * 60_000;
    const event = keep || isDue ? await this.#checkpoint() : undefined;
    if (event) yield event;
    if (this.#signal?.aborted) this.stop();
  }

  /** Ends the run as a signal does: with a checkpoint, and "interrupted". */
  stop(): never {
    throw this.#interrupted();
  }

  /** Work beside the steps. Nothing ends before it does; its error is for whoever awaits it. */
  inBackground(work: Promise<unknown>): void {
    this.#background = Promise.allSettled([this.#background, work]);
  }

  /** run.json as it is now, for a run that goes on. */
  writeFacts(): void {
    this.#writeStatus("running");
  }

  /** The end of a run that has all it was to make: its result is written, and its last event. */
  async finish<E extends object>(result: object, event: E): Promise<E> {
    await this.#settleBackground();
    this.#folder.writeJson(result, "result.json");
    this.record(event);
    this.#writeStatus("done");
    this.#isOver = true;
    return event;
  }

  async #restore(): Promise<void> {
    const { state, notes, fill } = newestCheckpoint<State & { eventBytes: number }>(this.#folder.at("checkpoints"));
    if (state) await this.#work.beforeRestore?.(state);
    fill(this.#work.memory);
    await this.#work.memory.upload();
    this.notes = notes;
    this.#folder.cutEvents(state?.eventBytes ?? 0);
    if (!state) return;
    this.#saved = placeOf(state);
    this.#work.restore(state);
  }

  /** Saves where the run stands, unless that is saved already. */
  async #checkpoint(): Promise<CheckpointEvent | undefined> {
    const state = this.#work.state();
    if (!state || this.#saved === placeOf(state)) return undefined;
    await this.#work.memory.download();
    this.#folder.syncEvents();
    const { eventBytes } = this.#folder;
    const path = saveCheckpoint(this.#folder.at("checkpoints"), { ...state, eventBytes }, this.#work.memory);
    this.#lastCheckpoint = performance.now();
    this.#saved = placeOf(state);
    const named = join(this.#work.facts().options.out, relative(this.#folder.path, path));
    return this.record({ type: "checkpoint", path: named, step: state.training.step } as const);
  }

  /** Writes down how the run ended; returns what is to be said of it. */
  async #end(cause: unknown): Promise<{ checkpoint?: CheckpointEvent | undefined; reported: Error }> {
    this.#isOver = true;
    await this.#settleBackground();
    let error = cause;
    if (cause instanceof AttuneError && cause.kind === "interrupted") {
      try {
        const checkpoint = await this.#checkpoint();
        const reported = this.#interrupted();
        this.#folder.tryTo(() => this.#writeStatus("interrupted", { reason: reported.message }));
        return { checkpoint, reported };
      } catch (second) {
        error = second; // It cannot be gone on with from here, so this is no clean stop.
      }
    }
    const refused = this.#folder.refused(error);
    const reported = (await this.#work.rescue?.(refused)) ?? refused;
    this.#folder.tryTo(() => this.#writeStatus("failed", { reason: reported.message }));
    return { reported };
  }

  async #settleBackground(): Promise<void> {
    await this.#background;
  }

  #writeStatus(status: RunStatus, rest: { readonly reason?: string } = {}): void {
    this.#folder.writeJson({ ...this.#work.facts(), status, ...rest }, "run.json");
  }

  #interrupted(): AttuneError {
    const goOn = `attune ${this.#work.command} --resume ${this.#folder.path}`;
    const message = `stopped after step ${this.#work.steps()}; go on with: ${goOn}`;
    return new AttuneError("run/interrupted", message, "interrupted");
  }
}

const placeOf = ({ training: { step, epochs } }: AnyState): string => `${step}-${epochs.length}`;
