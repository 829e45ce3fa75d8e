/** The other end of thread-calls.ts: a program in a thread of its own that answers what is asked. */
import { parentPort } from "node:worker_threads";
import { AttuneError } from "./error.ts";
import type { CallTable, Question, Reply, SentError } from "./thread-calls.ts";

export interface AnswerContext<Event> {
  /** Aborted where whoever asked does not wait any more. */
  readonly signal: AbortSignal;
  /** Tells whoever asked something before the answer. */
  readonly onEvent: (event: Event) => void;
}

export type Answers<Calls extends CallTable<Calls>, Event> = {
  readonly [Name in keyof Calls]: (
    args: Calls[Name]["args"],
    context: AnswerContext<Event>,
  ) => Promise<Calls[Name]["answer"]> | Calls[Name]["answer"];
};

/** Answers from now on, several questions at a time, until it was asked to `dispose`. */
export function answerCalls<Calls extends CallTable<Calls>, Event = never>(answers: Answers<Calls, Event>): void {
  const port = parentPort!;
  const stopping = new Map<number, AbortController>();
  const send = (reply: Reply<Event>, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(reply, transfer);
  port.on("message", async (question: Question<Calls>) => {
    const { id } = question;
    if (!("args" in question)) return stopping.get(id)?.abort();
    const { call, args } = question;
    const controller = new AbortController();
    stopping.set(id, controller);
    try {
      const context = { signal: controller.signal, onEvent: (event: Event) => send({ id, type: "event", event }) };
      const value: unknown = await answers[call](args as never, context);
      send({ id, type: "answer", value }, arraysIn(value));
    } catch (error) {
      send({ id, type: "error", error: sent(error) });
    }
    stopping.delete(id);
    // Without a port to listen to, the thread ends.
    if (call === "dispose") port.close();
  });
}

/** Memory of an answer that is an array, or has some: it moves, and is not copied. */
const arraysIn = (value: unknown): ArrayBuffer[] =>
  (ArrayBuffer.isView(value) ? [value] : Object.values(value ?? {})).flatMap((part) =>
    ArrayBuffer.isView(part) ? [part.buffer as ArrayBuffer] : [],
  );

function sent(error: unknown): SentError {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  if (error instanceof AttuneError) return { message, code: error.code, kind: error.kind };
  return { message, stack, ...(code !== undefined && { code }) };
}
