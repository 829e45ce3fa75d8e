/** Options that are given and would have no effect are errors: whoever gives one expects something of it. */
import type { Spell } from "./check-options.ts";
import { AttuneError } from "./error.ts";

/** Options that need something. */
export interface Need<State> {
  readonly options: readonly string[];
  /** Why they have no effect, as the end of a sentence: "without --data"; undefined where they have. */
  readonly lacks: (state: State) => string | undefined;
}

/**
 * Makes sure that every option that is given has an effect.
 *
 * @throws AttuneError that names the first one without, and why
 */
export function requireEffect<State>(
  needs: readonly Need<State>[],
  state: State,
  isGiven: (key: string) => boolean,
  spell: Spell,
): void {
  for (const key of needs.flatMap(({ options }) => options).filter(isGiven)) {
    const reason = lackOf(needs, state, key);
    if (reason !== undefined) throw withoutEffect(spell(key), reason);
  }
}

/** Why an option has no effect, or undefined where it has. */
export function lackOf<State>(needs: readonly Need<State>[], state: State, key: string): string | undefined {
  for (const { options, lacks } of needs) {
    const reason = options.includes(key) ? lacks(state) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The error for one of them. */
export const withoutEffect = (option: string, reason: string): AttuneError =>
  new AttuneError("options/unused", `${option} has no effect ${reason}; leave it out`);
