/** Regular expressions that a tokenizer.json brings along run with a bound: some take ages for a text of forty letters. */
import { createContext, Script } from "node:vm";
import { AttuneError } from "../base/error.ts";

/** What any text is done in, a thousand times over. */
const MOST_MILLISECONDS = 5000;

/**
 * `work`, stopped where a pattern in `steps`, from `file`, makes it take too long. Steps without patterns that could do
 * that are as fast as before.
 */
export function boundedByPatterns<T>(
  file: string,
  steps: readonly unknown[],
  work: (text: string) => T,
  milliseconds = MOST_MILLISECONDS,
): (text: string) => T {
  const pattern = steps.flatMap(patternsIn).find((found) => !isSimple(found));
  if (pattern === undefined) return work;
  let result: T | undefined;
  let text = "";
  // V8 stops what a script calls, matching included, only where it runs as a script with a timeout.
  const context = createContext({
    work: () => {
      result = work(text);
    },
  });
  const script = new Script("work()");
  return (given) => {
    text = given;
    try {
      script.runInContext(context, { timeout: milliseconds });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw cause;
      throw new AttuneError(
        "tokenizer/pattern",
        `${file}: its regular expression ${pattern.slice(0, 200)} takes longer than ${milliseconds / 1000} seconds for a text of ${given.length} characters; choose another model, or leave that text out`,
        "input",
        { cause },
      );
    }
    return result as T;
  };
}

/** All that stand as `pattern: { Regex }` below a step. */
function patternsIn(step: unknown): string[] {
  if (typeof step !== "object" || step === null) return [];
  const { Regex } = step as { readonly Regex?: unknown };
  return [...(typeof Regex === "string" ? [Regex] : []), ...Object.values(step).flatMap(patternsIn)];
}

/** Whether one part at most is repeated, and no group: tried from each place, that takes a text's length at most. */
function isSimple(pattern: string): boolean {
  const plain = pattern.replace(/\\[pP]\{[^}]*\}|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]/g, "x");
  return !/[([\]]/.test(plain) && (plain.match(/[*+?]|\{\d/g) ?? []).length < 2;
}
