/** From the bytes of a request to the bytes of its answer: JSON, texts, predictions, JSON. Whatever grows with a request is done here. */
import type { Classifier, Prediction } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";
import { Refusal, refused } from "./refusal.ts";

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  /** JSON, as UTF-8. */
  readonly content: Uint8Array;
  /** Texts that were labelled. */
  readonly texts: number;
  /** What went wrong here, for the server's log. */
  readonly fault?: string;
}

/** What answers requests: in this thread, or in one of its own. */
export interface Answering {
  /** In the model's order. */
  readonly labels: readonly string[];
  /** Never throws for what a request has; `body` may be gone afterwards. */
  answer(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Answer>;
  dispose(): Promise<void>;
}

export interface AnswerLimits {
  /** Texts of one request. @default 1000 */
  readonly maxTexts?: number;
}

interface Asked {
  readonly texts: readonly Text[];
  readonly top: number | undefined;
  readonly isOne: boolean;
}

export class TextAnswers implements Answering {
  readonly labels: readonly string[];
  readonly #classifier: Classifier;
  readonly #maxTexts: number;

  constructor(classifier: Classifier, { maxTexts = 1000 }: AnswerLimits = {}) {
    this.labels = classifier.labels;
    this.#classifier = classifier;
    this.#maxTexts = maxTexts;
  }

  async answer(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Answer> {
    try {
      const { texts, top, isOne } = this.#asked(body);
      const answers = (await this.#classifier.predict(texts, signal)).map((prediction) => answerOf(prediction, top));
      return { status: 200, content: jsonOf(isOne ? answers[0]! : { predictions: answers }), texts: texts.length };
    } catch (error) {
      const { status, body } = refused(error);
      const fault = status === 500 && { fault: String((error as Error).stack ?? error) };
      return { status, content: jsonOf(body), texts: 0, ...fault };
    }
  }

  dispose(): Promise<void> {
    return this.#classifier.dispose();
  }

  #asked(body: Uint8Array<ArrayBuffer>): Asked {
    const given = parsed(body);
    const unknown = Object.keys(given).find((key) => !["text", "texts", "top"].includes(key));
    if (unknown !== undefined)
      throw new Refusal(400, "body", `there is no ${JSON.stringify(unknown)}; there are text, texts and top`);
    const { text, texts, top } = given;
    if ((text === undefined) === (texts === undefined))
      throw new Refusal(400, "body", 'give either {"text": "…"} or {"texts": ["…", …]}');
    if (top !== undefined && !(Number.isInteger(top) && (top as number) > 0))
      throw new Refusal(400, "body", "top must be a whole number from 1 on");
    if (texts !== undefined && !Array.isArray(texts)) throw new Refusal(400, "body", "texts must be a list");
    const list = (texts ?? [text]) as readonly Text[];
    if (list.length > this.#maxTexts)
      throw new Refusal(413, "texts", `${list.length} texts are too many for one request; at most ${this.#maxTexts}`);
    return { texts: list, top: top as number | undefined, isOne: text !== undefined };
  }
}

/** As the bytes of an answer. */
export const jsonOf = (value: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

const answerOf = ({ label, labels, scores }: Prediction, top: number | undefined): object => ({
  ...(labels ? { labels } : { label }),
  scores: scores.slice(0, top),
});

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Refusal(400, "encoding", "this is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, "json", `this is not JSON (${(error as Error).message})`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(400, "body", 'a request is an object like {"texts": ["…"]}');
}
