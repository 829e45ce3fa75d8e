/** A plan that the page made, as a command line: the same one that one would type. */
import { commandText, flagOf } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import { writeWhole } from "../base/write-whole.ts";
import type { RecipeFacts } from "../run/recipes.ts";
import { resolvePlan } from "../study/plan.ts";
import { planText } from "../study/plan-file.ts";
import { inputKeys, sharedKeys } from "../study/plan-schema.ts";
import { plannedRuns } from "../study/planned-runs.ts";
import type { Reachable } from "./reachable.ts";

export interface PlanCommand {
  readonly out: string;
  readonly words: readonly string[];
  readonly command: string;
  /** Titles of the runs that it means, each once. */
  readonly titles: readonly string[];
  readonly runs: number;
  /** What has no place on a command line, as a plan in a file that the command reads. */
  readonly planFile?: { readonly path: string; readonly text: string };
}

/** Names and numbers of runs do not depend on what recipes know of the data. */
const ANY: RecipeFacts = {
  texts: 1000,
  labels: 2,
  multiLabel: false,
  hiddenSize: 384,
  head: { head: "mean", reason: "", isTrained: false },
};

/**
 * Checks a plan and where it is to be written.
 *
 * @throws AttuneError that says what is wrong with it
 */
export function planCommand(given: unknown, out: string, reachable: Reachable): PlanCommand {
  const plan = resolvePlan(given);
  for (const source of sourcesIn(plan)) reachable.source(source);
  reachable.fresh(out);
  requireName(out);
  const runs = plannedRuns(plan, ANY);
  const titles = [...new Set(runs.map(({ title }) => title))];
  const entries = Object.entries(given as Readonly<Record<string, unknown>>).filter(([, value]) => value !== undefined);
  const planFile = entries.every(isFlag) ? undefined : { path: `${out}.yaml`, text: planText(plan) };
  const words = planFile
    ? ["compare", "--plan", planFile.path, "--out", out, "--no-estimate"]
    : ["compare", ...entries.flatMap(flagOfEntry), "--out", out, "--no-estimate"];
  return { out, words, command: commandText(words), titles, runs: runs.length, ...(planFile && { planFile }) };
}

/** Writes what the command reads. */
export function writePlanFile({ planFile }: PlanCommand, reachable: Reachable): void {
  if (planFile) writeWhole(reachable.fresh(planFile.path), planFile.text);
}

/** Keys whose values lead to files. */
const LEADING = ["model", "data", "classWeights"];

/** What a plan reads, wherever in it that stands, as one value or as several that are tried. */
function sourcesIn(part: unknown, key = ""): string[] {
  if (typeof part === "string") return LEADING.includes(key) && part !== "balanced" ? [part] : [];
  if (Array.isArray(part)) return part.flatMap((item) => sourcesIn(item, key));
  return Object.entries(part ?? {}).flatMap(([name, inner]) => sourcesIn(inner, name));
}

function requireName(out: string): void {
  // A command line would take a name with a dash before it for an option.
  if (/^[^-.\s/\\][^\\\n]*$/.test(out) && !out.includes("//") && !out.endsWith("/")) return;
  throw new AttuneError(
    "app/name",
    `${JSON.stringify(out)} cannot be the name of a folder here; take letters, like studies/first`,
  );
}

const KEYS = new Set<string>([...inputKeys, "methods", "ranks", "seeds", "recipe", "jobs", "threads", ...sharedKeys]);

/** Whether a part of a plan fits behind a flag: one value, or a list of names and numbers. */
const isFlag = ([key, value]: [string, unknown]): boolean =>
  KEYS.has(key) &&
  (Array.isArray(value)
    ? value.every((item) => typeof item !== "object" && !String(item).includes(","))
    : typeof value !== "object");

/** A value that looks like an option is joined to its flag. */
function flagOfEntry([key, value]: [string, unknown]): string[] {
  const text = Array.isArray(value) ? listText(key, value) : String(value);
  return text.startsWith("-") ? [`${flagOf(key)}=${text}`] : [flagOf(key), text];
}

/** A list of one seed needs a comma: a number alone says how many. */
const listText = (key: string, list: readonly unknown[]): string =>
  key === "seeds" && list.length === 1 ? `${list[0]},` : list.join(",");
