/** Every method by the name it has on the command line. */
import type { z } from "zod";
import { bitfit } from "./bitfit.ts";
import { full } from "./full.ts";
import { lora } from "./lora.ts";
import type { Method } from "./method.ts";
import { none } from "./none.ts";
import { prefix } from "./prefix.ts";
import { probe } from "./probe.ts";
import { prompt } from "./prompt.ts";

// biome-ignore lint/suspicious/noExplicitAny: each method has options of its own, checked where it is defined.
type AnyMethod = Method<any>;

export const methods = {
  none,
  full,
  probe,
  prompt,
  prefix,
  lora,
  bitfit,
} as const satisfies Record<string, AnyMethod>;

export type MethodName = keyof typeof methods;
export const methodNames = Object.keys(methods) as MethodName[];

/** A method whose options are known only when it runs. */
export const methodOf = (name: MethodName): Method => methods[name] as unknown as Method;

/** Of all options, those that are the method's own. */
export function ownOptions(name: MethodName, options: object): Record<string, unknown> {
  const own = Object.entries(options).filter(([key]) => Object.hasOwn(methods[name].options.shape, key));
  return Object.fromEntries(own);
}

/** A choice of method with options of its own, as one writes it. */
export type MethodChoice = {
  [Name in MethodName]: { readonly method: Name } & Given<(typeof methods)[Name]["options"]["shape"]>;
}[MethodName];

type Given<Shape extends Readonly<Record<string, z.ZodType>>> = {
  readonly [Key in keyof Shape]?: z.input<Shape[Key]>;
};
