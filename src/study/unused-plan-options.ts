/** What a plan says and no run of it heeds is an error: an option of all runs has to have an effect in one of them. */
import { isDeepStrictEqual } from "node:util";
import { AttuneError } from "../base/error.ts";
import { lackOf } from "../base/unused-options.ts";
import { type MethodName, methodOf } from "../methods/registry.ts";
import { type ResolvedTrainOptions, resolveOptions } from "../run/train-options.ts";
import { isOwn, trainNeeds } from "../run/unused-train-options.ts";
import { DEFAULT_RANKS, type ResolvedPlan, sharedKeys } from "./plan-schema.ts";
import type { PlannedRun } from "./study.ts";

type Given = Readonly<Record<string, unknown>>;

/** @throws AttuneError that names the first such part of the plan */
export function requireUsedByRuns(plan: ResolvedPlan, runs: readonly PlannedRun[]): void {
  const options = runs.map((run) => resolveOptions({ ...run.options, out: "." }));
  const of = (method: string) => options.filter((one) => one.method === method);
  requireUsedBy(options, plan as Given, sharedKeys, "");
  for (const [method, given] of Object.entries(plan.options ?? {})) {
    if (of(method).length === 0) throw unused(`options.${method}`, `where no run has the method "${method}"`);
    requireUsedBy(of(method), given as Given, Object.keys(given), `options.${method}.`);
  }
  for (const [i, { method, ...given }] of (plan.runs ?? []).entries())
    requireUsedBy(of(method), given as Given, Object.keys(given), `runs.${i}.`);
  const hasRanks = plan.methods.some((method: MethodName) => methodOf(method).hasRank);
  if (!hasRanks && !isDeepStrictEqual(plan.ranks, DEFAULT_RANKS))
    throw unused("ranks", "where none of the methods has a rank");
}

function requireUsedBy(
  options: readonly ResolvedTrainOptions[],
  given: Given,
  keys: readonly string[],
  before: string,
): void {
  for (const key of keys.filter((one) => isOwn(given, one))) {
    const reasons = options.map((one) => lackOf(trainNeeds, one, key));
    if (options.length > 0 && !reasons.includes(undefined)) throw unused(`${before}${key}`, reasons[0]!);
  }
}

const unused = (what: string, reason: string): AttuneError =>
  new AttuneError("plan/unused", `${what} of this plan has no effect ${reason}; leave it out`);
