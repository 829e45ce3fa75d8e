/** Command-line options from the schemas of options: names, values, defaults and descriptions stand there only. */

import { type Command, Option } from "commander";
import type { z } from "zod";
import { flagOf } from "../base/command-text.ts";
import { describeOptions, type OptionDescription } from "../methods/list-methods.ts";
import { builtInMethods } from "../methods/registry.ts";
import { recipes } from "../run/recipes.ts";
import { trainOptions } from "../run/train-options.ts";
import { trainGroups } from "./train-help.ts";

/** Adds one option for each key of a schema. */
export function addFlags(command: Command, schema: z.ZodObject): void {
  for (const [key, property] of Object.entries(describeOptions(schema))) command.addOption(optionOf(key, property));
}

/** Where the recipe `tuned` has another value than the schema, or a rule, that is said instead of the schema's default. */
export const byRecipe = (key: string, property: OptionDescription): OptionDescription =>
  key === "learningRate" || key in recipes.tuned.shared
    ? {
        ...property,
        default: property.default === undefined ? undefined : `by the recipe; with own ${property.default}`,
      }
    : property;

/** Adds the options of `train` that every method takes, group by group. */
function addGroupedFlags(command: Command): void {
  const properties = describeOptions(trainOptions);
  for (const [heading, keys] of Object.entries(trainGroups))
    for (const key of keys) command.addOption(optionOf(key, byRecipe(key, properties[key]!)).helpGroup(heading));
}

/**
 * Adds one option for each key of the shared options and of each method's own. Values that are not given stay absent;
 * the schema fills them in.
 */
export function addTrainFlags(command: Command): void {
  addGroupedFlags(command);
  const own = new Map<string, { property: OptionDescription; descriptions: string[] }>();
  for (const [name, { options }] of Object.entries(builtInMethods))
    for (const [key, property] of Object.entries(describeOptions(options))) {
      if (!own.has(key)) own.set(key, { property, descriptions: [] });
      own.get(key)!.descriptions.push(`${name}: ${describe(property)}`);
    }
  for (const [key, { property, descriptions }] of own)
    command.addOption(optionOf(key, property, descriptions.join("; ")).helpGroup("Options of one method:"));
}

/** The option of one key of a schema. */
export function optionOf(key: string, { ...property }: OptionDescription, given?: string): Option {
  // A default that depends on the machine is said as the rule that it follows.
  if (key === "threads" && property.default !== undefined) property.default = `all, ${property.default} here`;
  const description = given ?? describe(property);
  const value = placeholder(key, property);
  // A switch may stand alone, which means true (switches.ts).
  const option = new Option(`${flagOf(key)} ${property.type === "boolean" ? `[${value}]` : `<${value}>`}`, description);
  return option.argParser((text) => parsed(text, property));
}

/** What a text on the command line stands for; a text that fits nothing stays, so that the error can show it. */
function parsed(text: string, { type, items, additionalProperties, anyOf }: OptionDescription): unknown {
  if (anyOf) {
    const isFixed = anyOf.some(({ pattern }) => pattern !== undefined && new RegExp(pattern).test(text));
    return isFixed ? text : parsed(text, anyOf.at(-1)!);
  }
  if (type === "number" || type === "integer") return toNumber(text);
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array") return text.split(",").map((item) => parsed(item, items ?? {}));
  if (type !== "object") return text;
  // name=value,name=value
  const pairs = text.split(",").map((pair) => pair.split(/=(?=[^=]*$)/));
  if (pairs.some((pair) => pair.length !== 2)) return text;
  return Object.fromEntries(pairs.map(([name, value]) => [name, parsed(value!, additionalProperties ?? {})]));
}

/** A number, or the text itself where it is none, so that the error can show it. */
export const toNumber = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

function placeholder(key: string, property: OptionDescription): string {
  if (property.type === "integer") return "N";
  if (property.type === "number") return "number";
  if (property.type === "boolean") return "true|false";
  if (key === "limit") return "N|first:N";
  if (property.type === "array" || property.anyOf) return "list";
  if (property.type === "object") return "name=value,…";
  if (property.enum) return "name";
  if (["text", "label", "id", "group"].includes(key)) return "column";
  return ["model", "data", "out", "from", "teacher"].includes(key) ? "path" : "text";
}

export function describe({ description = "", enum: names, default: fallback }: OptionDescription): string {
  const isEmpty = typeof fallback === "object" && Object.keys(fallback as object).length === 0;
  const shown = fallback === undefined || isEmpty ? [] : [`default: ${fallback}`];
  const notes = [...(names ? [names.join(", ")] : []), ...shown];
  return notes.length > 0 ? `${description} (${notes.join("; ")})` : description;
}
