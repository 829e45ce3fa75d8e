/** Every method by the name it has on the command line: those that come with Attune, and those that a program registers. */
import type { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { bitfit } from "./bitfit.ts";
import { full } from "./full.ts";
import { ia3 } from "./ia3.ts";
import { lora } from "./lora.ts";
import type { Method } from "./method.ts";
import type { OptionsByMethod } from "./method-options.generated.ts";
import { none } from "./none.ts";
import { prefix } from "./prefix.ts";
import { probe } from "./probe.ts";
import { prompt } from "./prompt.ts";

// biome-ignore lint/suspicious/noExplicitAny: each method has options of its own, checked where it is defined.
type AnyMethod = Method<any>;

/** In the order of lists; a new one comes last, so that colours of reports stay as they are. */
export const builtInMethods = {
  none,
  full,
  probe,
  prompt,
  prefix,
  lora,
  bitfit,
  ia3,
} as const satisfies Record<string, AnyMethod>;

/** Name of a method that comes with Attune. */
export type MethodName = keyof typeof builtInMethods;
export const methodNames = Object.keys(builtInMethods) as MethodName[];

const known = new Map<string, AnyMethod>(Object.entries(builtInMethods));

/** The names of all methods, those that a program registered behind those that come with Attune. */
export const knownMethodNames = (): string[] => [...known.keys()];

/** Whether this program registered some. */
export const hasOwnMethods = (): boolean => known.size > methodNames.length;

/**
 * A method whose options are known only when it runs.
 *
 * @throws AttuneError where there is none of that name
 */
export function methodOf(name: string): Method {
  const method = known.get(name);
  if (method) return method;
  const names = knownMethodNames();
  const hint = didYouMean(name, names, `there are ${names.join(", ")}`, (meant) => JSON.stringify(meant));
  throw new AttuneError(
    "methods/unknown",
    `there is no method "${name}"; ${hint}; one of your own needs registerMethod first`,
  );
}

/** A choice of method with options of its own, as one writes it. */
export type MethodChoice = { [Name in MethodName]: ChoiceOf<Name> & OptionsByMethod[Name] }[MethodName];

interface ChoiceOf<Name extends MethodName> {
  /** Way of fine-tuning; `attune methods` explains each, `methods()` lists them. @default "full" */
  readonly method: Name;
}

/** A method's own options as one writes them. */
export type OptionsOf<Options extends z.ZodObject> = {
  readonly [Key in keyof Options["shape"]]?: z.input<Options["shape"][Key]>;
};

/** Name of a method that a program registered. */
export type OwnMethodName = string & { readonly registered: true };

/** A choice of a registered method, which `registerMethod` gives a way to make, with its options beside the name. */
export interface OwnMethodChoice {
  /** A registered method. */
  readonly method: OwnMethodName;
}

/**
 * Makes a method of your own known under a name, for `train`, `resume`, `load`, `evaluate` and `exportRun` in this process;
 * `compare` runs in processes of its own, which do not know it.
 *
 * @param name as it will stand in `run.json`: small letters, digits and hyphens
 * @returns a function that makes of the method's options a part of the options of `train`
 * @throws AttuneError where the name is taken or has another form
 * @example
 * const mine = registerMethod("mine", { title: "Mine", …, options: z.strictObject({ rate: z.number().default(1) }), adapt: … });
 * train({ data: "reviews.csv", out: "run", learningRate: 1e-3, ...mine({ rate: 2 }) });
 */
export function registerMethod<Options extends z.ZodObject>(
  name: string,
  method: Method<Options>,
): (options?: OptionsOf<Options>) => OwnMethodChoice & OptionsOf<Options> {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new AttuneError("methods/name", `a method cannot be called "${name}": small letters, digits and hyphens`);
  if (known.has(name))
    throw new AttuneError("methods/taken", `there is a method "${name}" already; choose another name`);
  known.set(name, method);
  return (options) => ({ ...(options as OptionsOf<Options>), method: name as OwnMethodName });
}
