/** A run that was trained by itself, as a study of one run: so that it has a report, alone or beside others. */
import { basename, resolve } from "node:path";
import { commandText, flagOf } from "../base/command-text.ts";
import { methodOf } from "../methods/registry.ts";
import type { RunFacts } from "../run/run-facts.ts";
import { isOwn } from "../run/unused-train-options.ts";
import { resolvePlan } from "../study/plan.ts";
import type { PlannedRun, Study } from "../study/study.ts";
import { IN_MEMORY } from "../tables/texts-in-memory.ts";

/** What a study would have said of a run in `path`, by its run.json. */
export function runAsStudy(path: string, { attune, options, hub }: RunFacts): Study {
  const { model, data, method, seed, threads, recipe = "own" } = options;
  const own = Object.entries(options).filter(([key]) => key !== "out" && key !== "threads" && isOwn(options, key));
  const name = basename(resolve(path));
  const planned: PlannedRun = {
    name,
    setting: `${recipe}/${method}`,
    title: methodOf(method).title,
    recipe,
    method: method as PlannedRun["method"],
    seed,
    options: Object.fromEntries(own) as PlannedRun["options"],
    sources: {},
  };
  return {
    attune,
    // Texts in memory are in no command.
    command:
      data === IN_MEMORY
        ? ""
        : commandText(["train", ...own.flatMap(([key, value]) => [flagOf(key), argumentOf(value)]), "--out", "NEW"]),
    began: "",
    jobs: 1,
    threads,
    timesComparable: true,
    model,
    data,
    ...(hub && { hub }),
    recipes: [recipe],
    seeds: [seed],
    plan: resolvePlan({ model, data }),
    runs: [planned],
  };
}

/** As the command line takes it. */
function argumentOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map((pair) => pair.join("="))
    .join(",");
}
