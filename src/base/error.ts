/** The one error class of Attune: a stable code, one sentence that names the place, and what to do next. */

/**
 * - `input`: what the user gave cannot be used (exit code 2)
 * - `failure`: the input was fine, the work failed (exit code 1)
 * - `interrupted`: the user stopped it (exit code 130)
 */
export type ErrorKind = "input" | "failure" | "interrupted";

/** Everything Attune throws on purpose. `message` is meant for the user; a stack trace is not. */
export class AttuneError extends Error {
  override readonly name = "AttuneError";

  /** Stable and machine-readable, `area/what`, for example `data/missing-column`. */
  readonly code: string;
  readonly kind: ErrorKind;

  constructor(code: string, message: string, kind: ErrorKind = "input", options?: ErrorOptions) {
    // What it quotes may have line ends; a message is one line.
    super(shortened(message.replace(/\s*[\r\n]+\s*/g, " ")), options);
    this.code = code;
    this.kind = kind;
  }
}

const MOST_CHARACTERS = 2000;

/** What it quotes may be of any length; where it begins and what to do at its end stay. */
const shortened = (message: string): string =>
  message.length > MOST_CHARACTERS ? `${message.slice(0, 1400)} … ${message.slice(-500)}` : message;

/** `"one", "two" or "three"`: for saying in an error what would have been valid. */
export function listOf(values: readonly string[], joint: "or" | "and" = "or"): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} ${joint} ${quoted.at(-1)}`;
}
