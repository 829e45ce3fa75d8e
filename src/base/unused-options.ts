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
  for (const { options, lacks } of needs) {
    const key = options.find(isGiven);
    const reason = key === undefined ? undefined : lacks(state);
    if (reason !== undefined) throw withoutEffect(spell(key!), reason);
  }
}

/** The error for one of them. */
export const withoutEffect = (option: string, reason: string): AttuneError =>
  new AttuneError("options/unused", `${option} has no effect ${reason}; leave it out`);
