/** A model in a thread of its own. */
import "../engine/no-telemetry.ts";
import { isCompiled, ThreadCalls } from "../base/thread-calls.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { Text } from "../tables/dataset.ts";
import type { AnsweringModel, EvaluateOptions, Evaluation, LoadOptions, ModelFacts } from "./opened-model.ts";

/** What model-worker.ts is asked. */
export interface ModelCalls {
  readonly open: {
    readonly args: readonly [folder: string, options: Sendable<LoadOptions>];
    readonly answer: ModelFacts;
  };
  readonly logits: { readonly args: readonly [texts: readonly Text[]]; readonly answer: Float32Array };
  readonly evaluate: { readonly args: readonly [options: Sendable<EvaluateOptions>]; readonly answer: Evaluation };
  readonly dispose: { readonly args: readonly []; readonly answer: undefined };
}

/** Without what cannot be sent to a thread. */
export type Sendable<Options> = Omit<Options, "signal" | "onFetch" | "makeEngine">;

const PROGRAM = new URL("./model-worker.js", import.meta.url);

export const hasWorkerProgram = (): boolean => isCompiled(PROGRAM);

export class WorkerModel implements AnsweringModel {
  readonly facts: ModelFacts;
  readonly #thread: ThreadCalls<ModelCalls, FetchEvent>;

  private constructor(facts: ModelFacts, thread: ThreadCalls<ModelCalls, FetchEvent>) {
    this.facts = facts;
    this.#thread = thread;
  }

  static async open(folder: string, options: LoadOptions): Promise<WorkerModel> {
    const thread = new ThreadCalls<ModelCalls, FetchEvent>(PROGRAM);
    const { signal, onFetch, makeEngine: _, ...plain } = options;
    try {
      return new WorkerModel(await thread.ask("open", [folder, plain], { signal, onEvent: onFetch }), thread);
    } catch (error) {
      await thread.dispose();
      throw error;
    }
  }

  logits(texts: readonly Text[], signal?: AbortSignal): Promise<Float32Array> {
    return this.#thread.ask("logits", [texts], { signal });
  }

  evaluate({ signal, onFetch, ...plain }: EvaluateOptions): Promise<Evaluation> {
    return this.#thread.ask("evaluate", [plain], { signal, onEvent: onFetch });
  }

  dispose(): Promise<void> {
    return this.#thread.dispose();
  }
}
