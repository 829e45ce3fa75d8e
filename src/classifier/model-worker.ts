/** The program of a model's own thread. */
import { answerCalls } from "../base/thread-answers.ts";
import type { FetchEvent } from "../hub/fetch-events.ts";
import { OpenedModel } from "./opened-model.ts";
import type { ModelCalls } from "./worker-model.ts";

let model: OpenedModel | undefined;

answerCalls<ModelCalls, FetchEvent>({
  open: async ([folder, options], { signal, onEvent }) => {
    model = await OpenedModel.open(folder, { ...options, signal, onFetch: onEvent });
    return model.facts;
  },
  logits: ([texts], { signal }) => model!.logits(texts, signal),
  evaluate: ([options], { signal, onEvent }) => model!.evaluate({ ...options, signal, onFetch: onEvent }),
  dispose: async () => {
    await model?.dispose();
    return undefined;
  },
});
