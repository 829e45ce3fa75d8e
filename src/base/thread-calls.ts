/** Calls to a program in a thread of its own: what is asked goes there as messages, and answers come back. */
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { AttuneError, type ErrorKind } from "./error.ts";

/** What may be asked, by name. `dispose` is the last that is: the thread ends after it. */
export interface Call {
  readonly args: readonly unknown[];
  readonly answer: unknown;
}
export type CallTable<Calls> = { readonly [Name in keyof Calls]: Call } & { readonly dispose: Call };

export type Question<Calls> =
  | {
      [Name in keyof Calls]: {
        readonly id: number;
        readonly call: Name;
        readonly args: Calls[Name] extends Call ? Calls[Name]["args"] : never;
      };
    }[keyof Calls]
  | { readonly id: number; readonly call: "stop" };

export type Reply<Event> =
  | { readonly id: number; readonly type: "answer"; readonly value: unknown }
  | { readonly id: number; readonly type: "event"; readonly event: Event }
  | { readonly id: number; readonly type: "error"; readonly error: SentError };

/** An error as it is sent: threads do not share classes. `code` and `kind` are there where it was thrown on purpose. */
export interface SentError {
  readonly message: string;
  readonly code?: string;
  readonly kind?: ErrorKind;
  readonly stack?: string | undefined;
}

export interface CallContext<Event> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** What moves to the thread instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[];
}

interface Asked<Event> extends Pick<CallContext<Event>, "onEvent"> {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Threads of Node run compiled programs; beside the sources there are none. */
export const isCompiled = (program: URL): boolean => program.protocol === "file:" && existsSync(program);

export class ThreadCalls<Calls extends CallTable<Calls>, Event = never> {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked<Event>>();
  #lastId = 0;
  /** Why nothing can be asked any more. */
  #failure: AttuneError | undefined;

  constructor(program: URL) {
    this.#worker = new Worker(program);
    this.#worker.on("message", (reply: Reply<Event>) => this.#see(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("it was closed")));
    this.#worker.unref();
  }

  async ask<Name extends keyof Calls>(
    call: Name,
    args: Calls[Name]["args"],
    { signal, onEvent, transfer = [] }: CallContext<Event> = {},
  ): Promise<Calls[Name]["answer"]> {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const stop = () => this.#worker.postMessage({ id, call: "stop" } satisfies Question<Calls>);
    const answer = new Promise<Calls[Name]["answer"]>((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, onEvent });
    });
    // While something is asked, it keeps the process from ending.
    this.#worker.ref();
    this.#worker.postMessage({ id, call, args }, transfer);
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

  /** The thread ends by itself: one that is ended from outside may be in the middle of the engine's code. */
  async dispose(): Promise<void> {
    if (this.#failure) return;
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    await this.ask("dispose", []);
    this.#worker.ref();
    await ended;
  }

  #see(reply: Reply<Event>): void {
    const asked = this.#asked.get(reply.id);
    if (reply.type === "event") asked?.onEvent?.(reply.event);
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
