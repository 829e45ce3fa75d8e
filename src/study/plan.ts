/** A plan checked, and with all defaults. */
import { AttuneError } from "../base/error.ts";
import { inCode, type Place, planError } from "./plan-error.ts";
import { DEFAULT_METHODS, DEFAULT_RUNS, FIRST_SEED, type Plan, planSchema, type ResolvedPlan } from "./plan-schema.ts";
import type { RecipeName } from "./study.ts";

/**
 * Checks a plan and fills in its defaults.
 *
 * @throws AttuneError that names the key, where it stands, what is wrong and what would be right
 */
export function resolvePlan(given: unknown, place: Place = inCode): ResolvedPlan {
  const result = planSchema.safeParse(given);
  if (place === inCode && typeof (given as Partial<Plan> | undefined)?.data === "object")
    throw new AttuneError(
      "plan/data",
      "data must be a path or a name: the runs of a study are processes of their own, which do not see this one's memory; write the texts to a file, one JSON object a line",
    );
  if (!result.success) throw planError(result.error.issues[0]!, given, place);
  const plan = result.data as unknown as Plan & {
    readonly seeds: number | readonly number[];
    readonly ranks: readonly number[];
  };
  const { seeds, ranks, methods: chosen = plan.runs ? [] : DEFAULT_METHODS } = plan;
  const isOpen = plan.methods === undefined && plan.runs === undefined && plan.recipe === "tuned";
  return {
    ...plan,
    ...(isOpen && { runs: DEFAULT_RUNS }),
    methods: [...new Set(chosen)],
    ranks: [...new Set(ranks)],
    seeds: [...new Set(typeof seeds === "number" ? Array.from({ length: seeds }, (_, i) => FIRST_SEED + i) : seeds)],
  } as ResolvedPlan;
}

/** The recipes that a plan asks for. */
export const recipesOf = ({ recipe }: ResolvedPlan): readonly RecipeName[] =>
  recipe === "both" ? ["controlled", "tuned"] : [recipe];
