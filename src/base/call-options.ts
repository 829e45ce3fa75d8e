/** The options of functions of the library, checked: what is unknown, null or of a wrong type is an error and never ignored. */
import { z } from "zod";
import { shown } from "./check-json.ts";
import { checkOptions } from "./check-options.ts";
import { AttuneError } from "./error.ts";

const callback = () => z.custom((value) => typeof value === "function", { error: "a function" }).optional();

/** Text that is not empty, and may be absent. */
export const text = () => z.string().min(1).optional();

/** What every function takes that may ask the Hub or take long. */
export const callShape = {
  onFetch: callback(),
  signal: z.custom((value) => value instanceof AbortSignal, { error: "an AbortSignal" }).optional(),
  makeEngine: callback(),
};

/**
 * `shape` has every key of the options' type.
 *
 * @throws AttuneError that names what is wrong with the options of a function, and what would be right
 */
export function requireCallOptions<Options extends object>(
  given: Options,
  shape: Readonly<Record<keyof Options, z.ZodType>>,
  what: string,
  example: string,
): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new AttuneError("options/value", `${what} takes ${example}, an object; it was given ${shown(given)}`);
  checkOptions(shape, given as Readonly<Record<string, unknown>>, (key) => key);
}
