/** Every method by the name it has on the command line. */
import { full } from "./full.ts";
import type { Method } from "./method.ts";

export const methods = { full } as const satisfies Record<string, Method>;

export type MethodName = keyof typeof methods;
export const methodNames = Object.keys(methods) as MethodName[];
