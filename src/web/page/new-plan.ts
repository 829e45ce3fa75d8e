/** The plan of something new as the form has it, and as a study reads it. */
import type { Choices, DataQuestion, FolderListing } from "../app-types.ts";

export interface Plan {
  readonly data: string;
  /** Columns, where they are not those that are found by looking. */
  readonly reading: Omit<DataQuestion, "data">;
  readonly model: string;
  readonly methods: readonly string[];
  readonly ranks: readonly number[];
  readonly recipe: string;
  readonly seeds: number | readonly number[];
  /** Further options of all runs, by name. */
  readonly more: Readonly<Record<string, unknown>>;
  /** What no field of the form shows: options of single methods, single runs. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export const emptyPlan = ({ models, defaultMethods }: Choices): Plan => ({
  data: "",
  reading: {},
  model: models[0]!,
  methods: defaultMethods,
  ranks: [8],
  recipe: "tuned",
  seeds: 1,
  more: {},
  rest: {},
});

const READING = ["text", "label", "multiLabel"];

/** The form filled as something before was; `given` is the plan of a study. */
export function planAgain(given: Readonly<Record<string, unknown>>): Plan {
  const { data, model, methods, ranks, recipe, seeds, runs, options, ...others } = given as Record<string, unknown> &
    Partial<Plan> & {
      readonly runs?: readonly { readonly method: string }[];
      readonly options?: unknown;
    };
  // One run of a method with nothing of its own is that method.
  const single =
    runs?.length === 1 && Object.keys(runs[0]!).every((key) => key === "method" || key === "rank")
      ? (runs[0] as { method: string; rank?: number })
      : undefined;
  const chosen = methods ?? [];
  const reading = Object.fromEntries(Object.entries(others).filter(([key]) => READING.includes(key)));
  const more = Object.fromEntries(Object.entries(others).filter(([key]) => !READING.includes(key)));
  return {
    data: String(data ?? ""),
    reading: reading as Plan["reading"],
    model: String(model ?? ""),
    methods: single ? [...chosen, single.method] : chosen,
    ranks: single?.rank === undefined ? (ranks ?? [8]) : [single.rank],
    recipe: recipe ?? "own",
    seeds: seeds ?? 1,
    more,
    rest: { ...(runs && !single && { runs }), ...(options !== undefined && { options }) },
  };
}

/** As a study reads it: what is not chosen is left out. */
export function planOf({
  data,
  reading,
  model,
  methods,
  ranks,
  recipe,
  seeds,
  more,
  rest,
}: Plan): Record<string, unknown> {
  return {
    model,
    data,
    ...Object.fromEntries(
      Object.entries(reading).filter(([, value]) => value !== undefined && value !== "" && value !== false),
    ),
    methods,
    ...(ranks.length > 0 && { ranks }),
    recipe,
    ...(seeds !== 1 && { seeds }),
    ...more,
    ...rest,
  };
}

/** A folder that is not there yet, called after the data. */
export function nameFor({ data }: Plan, { studies, runs, jobs }: FolderListing): string {
  const last = data
    .split(/[/:]/)
    .at(-1)!
    .replace(/\.(csv|tsv|jsonl?|ndjson|parquet|txt)(\.gz)?$/i, "");
  const name = `studies/${last.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "") || "new"}`;
  const taken = new Set([
    ...studies.map(({ path }) => path),
    ...runs.map(({ path }) => path),
    ...jobs.map(({ out }) => out),
  ]);
  for (let count = 1; ; count++) {
    const numbered = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(numbered)) return numbered;
  }
}
