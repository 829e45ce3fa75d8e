/** Command-line options from the schema of `train`'s options: names, values, defaults and descriptions stand there only. */
import { type Command, Option } from "commander";
import { z } from "zod";
import { trainOptions } from "../run/options.ts";

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** `batchSize` → `--batch-size`. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Adds one option for each key of the schema. Values that are not given stay absent; the schema fills them in. */
export function addTrainFlags(command: Command): void {
  const { properties } = z.toJSONSchema(trainOptions, { io: "input" }) as { properties: Record<string, Property> };
  for (const [key, property] of Object.entries(properties)) {
    const option = new Option(`${flagOf(key)} <${placeholder(key, property)}>`, describe(property));
    if (isNumber(property)) option.argParser(toNumber);
    command.addOption(option);
  }
}

const isNumber = ({ type }: Property): boolean => type === "number" || type === "integer";

/** A number, or the text itself where it is none, so that the error can show it. */
export const toNumber = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

function placeholder(key: string, property: Property): string {
  if (property.type === "integer") return "N";
  if (property.type === "number") return "number";
  if (property.enum) return "name";
  return key === "text" || key === "label" ? "column" : "path";
}

function describe({ description = "", enum: names, default: fallback }: Property): string {
  const notes = [...(names ? [names.join(", ")] : []), ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  return notes.length > 0 ? `${description} (${notes.join("; ")})` : description;
}
