/** A model in a thread of its own: what is asked goes there as messages, and answers come back. */
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import "../engine/no-telemetry.ts";
import { AttuneError, type ErrorKind } from "../base/error.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { Text } from "../tables/dataset.ts";
import type { AnsweringModel, EvaluateOptions, Evaluation, LoadOptions, ModelFacts } from "./opened-model.ts";

/** What may be asked: each with its arguments and what comes back. */
export interface Calls {
  readonly open: { readonly args: readonly [folder: string, options: Plain<LoadOptions>]; readonly answer: ModelFacts };
  readonly logits: { readonly args: readonly [texts: readonly Text[]]; readonly answer: Float32Array };
  readonly evaluate: { readonly args: readonly [options: Plain<EvaluateOptions>]; readonly answer: Evaluation };
  readonly dispose: { readonly args: readonly []; readonly answer: undefined };
}

/** Without what cannot be sent. */
type Plain<Options> = Omit<Options, "signal" | "onFetch" | "makeEngine">;

export type Question =
  | {
      [Name in keyof Calls]: { readonly id: number; readonly call: Name; readonly args: Calls[Name]["args"] };
    }[keyof Calls]
  | { readonly id: number; readonly call: "stop" };

export type Reply =
  | { readonly id: number; readonly type: "answer"; readonly value: unknown }
  | { readonly id: number; readonly type: "fetch"; readonly event: FetchEvent }
  | { readonly id: number; readonly type: "error"; readonly error: SentError };

/** An error as it is sent: threads do not share classes. `code` and `kind` are there where it was thrown on purpose. */
export interface SentError {
  readonly message: string;
  readonly code?: string;
  readonly kind?: ErrorKind;
  readonly stack?: string | undefined;
}

interface Context {
  readonly signal?: AbortSignal | undefined;
  readonly onFetch?: ((event: FetchEvent) => void) | undefined;
}

interface Asked extends Pick<Context, "onFetch"> {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Compiled, as threads of Node run it; beside the sources there is none. */
const PROGRAM = new URL("./model-worker.js", import.meta.url);

export const hasWorkerProgram = (): boolean => PROGRAM.protocol === "file:" && existsSync(PROGRAM);

export class WorkerModel implements AnsweringModel {
  readonly #worker = new Worker(PROGRAM);
  readonly #asked = new Map<number, Asked>();
  #facts: ModelFacts | undefined;
  #lastId = 0;
  /** Why nothing can be asked any more. */
  #failure: AttuneError | undefined;

  private constructor() {
    this.#worker.on("message", (reply: Reply) => this.#see(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("it was closed")));
    this.#worker.unref();
  }

  static async open(folder: string, options: LoadOptions): Promise<WorkerModel> {
    const model = new WorkerModel();
    const { signal, onFetch, makeEngine: _, ...plain } = options;
    try {
      model.#facts = await model.#ask("open", [folder, plain], { signal, onFetch });
    } catch (error) {
      await model.dispose();
      throw error;
    }
    return model;
  }

  get facts(): ModelFacts {
    return this.#facts!;
  }

  logits(texts: readonly Text[], signal?: AbortSignal): Promise<Float32Array> {
    return this.#ask("logits", [texts], { signal });
  }

  evaluate({ signal, onFetch, ...plain }: EvaluateOptions): Promise<Evaluation> {
    return this.#ask("evaluate", [plain], { signal, onFetch });
  }

  /** The thread ends by itself: one that is ended from outside may be in the middle of the engine's code. */
  async dispose(): Promise<void> {
    if (this.#failure) return;
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    await this.#ask("dispose", []);
    this.#worker.ref();
    await ended;
  }

  async #ask<Name extends keyof Calls>(
    call: Name,
    args: Calls[Name]["args"],
    { signal, onFetch }: Context = {},
  ): Promise<Calls[Name]["answer"]> {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const stop = () => this.#worker.postMessage({ id, call: "stop" } satisfies Question);
    const answer = new Promise<Calls[Name]["answer"]>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, onFetch });
    });
    // While something is asked, it keeps the process from ending.
    this.#worker.ref();
    this.#worker.postMessage({ id, call, args });
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#asked.delete(id);
      if (this.#asked.size === 0) this.#worker.unref();
    }
  }

  #see(reply: Reply): void {
    const asked = this.#asked.get(reply.id);
    if (reply.type === "fetch") asked?.onFetch?.(reply.event);
    else if (reply.type === "answer") asked?.resolve(reply.value as never);
    else asked?.reject(received(reply.error));
  }

  #fail(cause: Error): void {
    const message = `the thread of the model ended (${cause.message}); load it again`;
    this.#failure ??= new AttuneError("predict/thread", message, "failure", { cause });
    for (const { reject } of this.#asked.values()) reject(this.#failure);
  }
}

function received({ message, code, kind, stack }: SentError): Error {
  if (code !== undefined && kind !== undefined) return new AttuneError(code, message, kind);
  return Object.assign(new Error(message), { stack, ...(code !== undefined && { code }) });
}
