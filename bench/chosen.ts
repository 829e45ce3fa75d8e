/** Options of benches that take names with commas between them. */
import { AttuneError, listOf } from "../src/base/error.ts";
import { didYouMean } from "../src/base/nearest.ts";

/** The names in `text`, each of which must be one of `known`. */
export function chosen<Name extends string>(option: string, text: string, known: readonly Name[]): Name[] {
  return text.split(",").map((name) => {
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    const instead = didYouMean(name, known, `it must be ${listOf(known)}`);
    throw new AttuneError("bench/unknown-name", `--${option} has no ${JSON.stringify(name)}; ${instead}`);
  });
}
