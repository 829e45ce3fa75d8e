/**
 * Answers in a thread of its own, which has the model as well: the server's own thread does nothing that grows with a request, so
 * that it can always say how it is.
 */
import "../engine/no-telemetry.ts";
import { isCompiled, ThreadCalls } from "../base/thread-calls.ts";
import { load } from "../classifier/classifier.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import type { Sendable } from "../classifier/worker-model.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { type Answer, type Answering, type AnswerLimits, TextAnswers } from "./text-answers.ts";

/** What answering-worker.ts is asked. */
export interface AnsweringCalls {
  readonly open: {
    readonly args: readonly [folder: string, options: Sendable<LoadOptions>, limits: AnswerLimits];
    readonly answer: readonly string[];
  };
  readonly answer: { readonly args: readonly [body: Uint8Array<ArrayBuffer>]; readonly answer: Answer };
  readonly dispose: { readonly args: readonly []; readonly answer: undefined };
}

const PROGRAM = new URL("./answering-worker.js", import.meta.url);

/**
 * Opens a model for requests; beside the sources, where threads have no program, in the calling thread.
 *
 * @throws AttuneError as `load` does
 */
export async function openAnswers(folder: string, options: LoadOptions, limits: AnswerLimits = {}): Promise<Answering> {
  if (!isCompiled(PROGRAM)) return new TextAnswers(await load(folder, options), limits);
  const thread = new ThreadCalls<AnsweringCalls, FetchEvent>(PROGRAM);
  const { signal, onFetch, makeEngine: _, ...plain } = options;
  try {
    const labels = await thread.ask("open", [folder, plain, limits], { signal, onEvent: onFetch });
    return {
      labels,
      answer: (body, signal) => thread.ask("answer", [body], { signal, transfer: [body.buffer] }),
      dispose: () => thread.dispose(),
    };
  } catch (error) {
    await thread.dispose();
    throw error;
  }
}
