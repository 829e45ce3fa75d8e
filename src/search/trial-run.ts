/** A trial as a run, and the best of them as a command that trains the same once more. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { commandText, flagOf, optionInWords } from "../base/command-text.ts";
import { type MethodName, methodOf } from "../methods/registry.ts";
import { isOwn } from "../run/unused-train-options.ts";
import type { PlannedRun, Study } from "../study/study.ts";
import { trialName } from "./new-trial.ts";
import type { Search, SearchedMethod, Values } from "./search-file.ts";
import { trainValues } from "./spaces.ts";

/** The method of a trial with these values. */
export const methodOfTrial = ({ methods }: Pick<Search, "methods">, { method }: Values): SearchedMethod =>
  methods.find((one) => one.method === method) ?? methods[0]!;

/** `learning rate 0.002, rank 8`. */
export const valuesInWords = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => `${optionInWords(key)} ${value}`)
    .join(", ");

/** The run of a trial; it pauses behind `untilEpoch`, or comes to its end. */
export function trialRun(search: Search, name: string, values: Values, untilEpoch?: number): PlannedRun {
  return {
    name,
    setting: `search/${name}`,
    title: valuesInWords(values),
    recipe: "own",
    method: methodOfTrial(search, values).method,
    seed: search.seed,
    options: optionsOf(search, values) as PlannedRun["options"],
    sources: {},
    ...(untilEpoch !== undefined && { untilEpoch }),
  };
}

function optionsOf(
  search: Search,
  values: Values,
): Readonly<Record<string, unknown>> & { readonly method: MethodName } {
  const { method, options } = methodOfTrial(search, values);
  return { ...options, ...trainValues(values), method, seed: search.seed };
}

/** The command that trains what the trial with these values does, to the byte. */
export function trainCommand(search: Search, values: Values): string {
  const {
    model,
    data,
    method,
    recipe: _,
    ...options
  } = optionsOf(search, values) as ReturnType<typeof optionsOf> & Sources;
  const own: Readonly<Record<string, z.ZodType>> = methodOf(method).options.shape;
  const isDefault = (key: string, value: unknown) =>
    key in own ? isDeepStrictEqual(own[key]!.safeParse(undefined).data, value) : !isOwn(options, key);
  // Without a learning rate the recipe would set it, and all else with it.
  const said = Object.entries(options).filter(([key, value]) => key === "learningRate" || !isDefault(key, value));
  return commandText([
    ...["train", "--model", model, "--data", data, "--method", method],
    ...said.flatMap(([key, value]) => [flagOf(key), textOf(value)]),
    ...["--out", "RUN"],
  ]);
}

interface Sources {
  readonly model: string;
  readonly data: string;
  readonly recipe: string;
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value)
        .map((pair) => pair.join("="))
        .join(",")
    : String(value);

/** What a place where runs are done must know of the search: it has the form of a study. */
export const asStudy = (search: Search): Study => {
  const { attune, command, began, jobs, threads, threadsAsked, model, data, hub, seed } = search;
  return {
    ...{ attune, command, began, jobs, threads, model, data, ...(hub && { hub }) },
    timesComparable: false,
    recipes: ["own"],
    seeds: [seed],
    plan: {
      ...{ model, data, recipe: "own", methods: [], ranks: [], seeds: [seed], jobs },
      ...(threadsAsked !== undefined && { threads: threadsAsked }),
    },
    // Of each method the first, by which it is seen what all of them need.
    runs: search.methods.map(({ method, firstGuess }, i) =>
      trialRun(search, trialName(i), { method, ...firstGuess }, search.rungs[0]),
    ),
  };
};
