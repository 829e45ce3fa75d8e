/** The trials of test/fixtures/densities.json as a search, with what NumPy and SciPy make of them. */
import { readFileSync } from "node:fs";
import type { Search, SearchEntry, Spaces, Value, Values } from "../../../src/search/search-file.ts";
import { aSearch } from "./searches.ts";

interface Densities {
  readonly spaces: Spaces;
  readonly trials: readonly { readonly values: Values; readonly scores: readonly number[] }[];
  /** Places of those that count as good. */
  readonly good: readonly number[];
  /** By option: a value, its density among the good and among the others, and the logarithm of their ratio. */
  readonly densities: Readonly<Record<string, readonly (readonly [Value, number, number, number])[]>>;
  /** Shares of PED-ANOVA. */
  readonly importance: Readonly<Record<string, number>>;
}

export function densityCase(): Densities & { readonly search: Search; readonly entries: readonly SearchEntry[] } {
  const file = new URL("../../fixtures/densities.json", import.meta.url);
  const found = JSON.parse(readFileSync(file, "utf8")) as Densities;
  const search = aSearch({ spaces: found.spaces });
  const entries = found.trials.flatMap(({ values, scores }, i): SearchEntry[] => {
    const trial = `t${i}`;
    return [
      { type: "trial", trial, values, from: "random" },
      ...scores.flatMap((score, rung): SearchEntry[] => {
        const epochs = search.rungs[rung]!;
        return [
          { type: "start", trial, rung, epochs },
          { type: "result", trial, rung, epochs, score, scores: scores.slice(0, rung + 1), seconds: 1, elapsed: i },
        ];
      }),
    ];
  });
  return { ...found, search, entries };
}
