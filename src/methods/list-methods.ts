/** What there is to choose from: every method with its options, for programs that show or check them. */
import { z } from "zod";
import type { Paper } from "./method.ts";
import { knownMethodNames, methodOf } from "./registry.ts";

/** An option as JSON Schema describes it. */
export interface OptionDescription {
  readonly type?: string;
  readonly items?: OptionDescription;
  readonly pattern?: string;
  /** A text of some form, or something else. */
  readonly anyOf?: readonly OptionDescription[];
  readonly additionalProperties?: OptionDescription;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** The keys of a schema, as JSON Schema describes them. */
export function describeOptions(schema: z.ZodObject): Record<string, OptionDescription> {
  return (
    (z.toJSONSchema(schema, { io: "input" }) as { properties?: Record<string, OptionDescription> }).properties ?? {}
  );
}

/** A method as a program can show it. */
export interface MethodDescription {
  /** As `train` takes it. */
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  readonly summary: string;
  readonly paper?: Paper;
  /** Its own options by name, with defaults. */
  readonly options: Readonly<Record<string, OptionDescription>>;
}

/**
 * All methods that `train` takes: those of Attune in their fixed order, and behind them those that this process registered.
 *
 * @returns for each its name, title, summary, paper, and own options with descriptions and defaults
 */
export function methods(): MethodDescription[] {
  return knownMethodNames().map((name) => {
    const { title, summary, paper, options } = methodOf(name);
    return { name, title, summary, ...(paper && { paper }), options: describeOptions(options) };
  });
}
