/** The program of a model's own thread: opens it, and answers what worker-model.ts asks. */
import { parentPort } from "node:worker_threads";
import { AttuneError } from "../base/error.ts";
import { OpenedModel } from "./opened-model.ts";
import type { Question, Reply, SentError } from "./worker-model.ts";

const port = parentPort!;
const stopping = new Map<number, AbortController>();
let model: OpenedModel | undefined;

const send = (reply: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer);

async function answer(question: Exclude<Question, { call: "stop" }>, signal: AbortSignal): Promise<unknown> {
  const { id } = question;
  const context = {
    signal,
    onFetch: (event: (Reply & { type: "fetch" })["event"]) => send({ id, type: "fetch", event }),
  };
  switch (question.call) {
    case "open": {
      const [folder, options] = question.args;
      model = await OpenedModel.open(folder, { ...options, ...context });
      return model.facts;
    }
    case "logits":
      return model!.logits(question.args[0], signal);
    case "evaluate":
      return model!.evaluate({ ...question.args[0], ...context });
    case "dispose":
      await model?.dispose();
      return undefined;
  }
}

port.on("message", async (question: Question) => {
  const { id, call } = question;
  if (call === "stop") return stopping.get(id)?.abort();
  const controller = new AbortController();
  stopping.set(id, controller);
  try {
    const value = await answer(question, controller.signal);
    send({ id, type: "answer", value }, value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []);
  } catch (error) {
    send({ id, type: "error", error: sent(error) });
  }
  stopping.delete(id);
  // Without a port to listen to, the thread ends.
  if (call === "dispose") port.close();
});

function sent(error: unknown): SentError {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  if (error instanceof AttuneError) return { message, code: error.code, kind: error.kind };
  return { message, stack, ...(code !== undefined && { code }) };
}
