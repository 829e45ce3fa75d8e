/** The server's answer to a question that changes while one types: the last question counts. */
import { useEffect, useState } from "preact/hooks";
import { ask, messageOf } from "./ask.ts";

export interface Answer<T> {
  /** To the question as it is now; undefined while it is on its way, or refused. */
  readonly value: T | undefined;
  readonly problem: string;
  readonly isBusy: boolean;
}

/** Milliseconds of quiet before it is asked. */
const PAUSE = 250;

/** `body` is undefined where there is nothing to ask. */
export function useAnswer<T>(path: string, body: unknown): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, problem: "", isBusy: false });
  const text = body === undefined ? undefined : JSON.stringify(body);
  useEffect(() => {
    if (text === undefined) {
      setAnswer({ value: undefined, problem: "", isBusy: false });
      return;
    }
    const gone = new AbortController();
    setAnswer(({ value }) => ({ value, problem: "", isBusy: true }));
    const timer = setTimeout(async () => {
      try {
        setAnswer({
          value: await ask<T>(path, { body: JSON.parse(text), signal: gone.signal }),
          problem: "",
          isBusy: false,
        });
      } catch (error) {
        if (!gone.signal.aborted) setAnswer({ value: undefined, problem: messageOf(error), isBusy: false });
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [path, text]);
  return answer;
}
