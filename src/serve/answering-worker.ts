/** The program of the thread that answers requests. */
import { giveWay } from "../base/give-way.ts";
import { answerCalls } from "../base/thread-answers.ts";
import { load } from "../classifier/classifier.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import type { AnsweringCalls } from "./answering-thread.ts";
import { TextAnswers } from "./text-answers.ts";

// Before the engine starts threads, which are as patient as this one.
giveWay();
let answers: TextAnswers | undefined;

answerCalls<AnsweringCalls, FetchEvent>({
  open: async ([folder, options, limits], { signal, onEvent }) => {
    const classifier = await load(folder, { ...options, signal, onFetch: onEvent, worker: false });
    answers = new TextAnswers(classifier, limits);
    return answers.labels;
  },
  answer: ([body], { signal }) => answers!.answer(body, signal),
  dispose: async () => {
    await answers?.dispose();
    return undefined;
  },
});
