/** A method together with the options that it is used with. */
import { checkOptions } from "../base/check-options.ts";
import type { Method } from "./method.ts";
import { methodOf } from "./registry.ts";

export interface ChosenMethod {
  readonly name: string;
  readonly method: Method;
  /** Its own options and no others, after all defaults; its schema has accepted them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Checks a method's own options and fills in defaults.
 *
 * @throws AttuneError that names the method or the option, what is wrong and what would be right
 */
export function chooseMethod(name: string, options: object = {}): ChosenMethod {
  const method = methodOf(name);
  const checked = checkOptions(method.options.shape, { ...options }, (key) => key);
  return { name, method, options: checked as ChosenMethod["options"] };
}

/** Of options that were checked as a whole, those that are the method's own. */
export function chosenFrom(name: string, options: object): ChosenMethod {
  const method = methodOf(name);
  const own = Object.entries(options).filter(([key]) => Object.hasOwn(method.options.shape, key));
  return { name, method, options: Object.fromEntries(own) };
}
