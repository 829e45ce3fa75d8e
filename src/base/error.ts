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
    super(message.replace(/\s*[\r\n]+\s*/g, " "), options);
    this.code = code;
    this.kind = kind;
  }
}

/** `"one", "two" or "three"`: for saying in an error what would have been valid. */
export function listOf(values: readonly string[], joint: "or" | "and" = "or"): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} ${joint} ${quoted.at(-1)}`;
}
