/** What is wrong with a plan, as one sentence that names the key and where it stands. */

import { z } from "zod";
import { rightValue } from "../base/check-options.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { builtInMethods, methodNames } from "../methods/registry.ts";
import { trainOptions } from "../run/train-options.ts";
import { entryKeys, planSchema } from "./plan-schema.ts";

type Path = readonly PropertyKey[];

/** Where something stands: what the sentence begins with ("study.yaml, line 3: "), and what the thing is called. */
export type Place = (path: Path) => { readonly before: string; readonly name: string };

/** A plan that a program made. */
export const inCode: Place = (path) => ({
  before: "",
  name: path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, ""),
});

export function planError(issue: z.core.$ZodIssue, plan: unknown, place: Place): AttuneError {
  const value = valueAt(plan, issue.path);
  const { before, name } = place(issue.path);
  if (issue.code === "unrecognized_keys") return unknownKey(issue.keys[0]!, issue.path, plan, place);
  if (issue.path.length === 0)
    return new AttuneError("plan/shape", `${before}a plan has one key a line, like "epochs: 3"`);
  if (isMethod(issue.path)) return unknownMethod(value, before);
  if (value === undefined && issue.code === "invalid_type") {
    const { description } = planSchema.shape[String(issue.path[0]) as keyof typeof planSchema.shape] ?? {};
    return new AttuneError("plan/missing", `${before}${name} is missing${description ? `: ${description}` : ""}`);
  }
  // One value, or a list of values: what is wrong with the form that was chosen.
  const inner = issue.code === "invalid_union" ? issue.errors[Array.isArray(value) ? 1 : 0]?.[0] : undefined;
  if (inner) return planError({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, plan, place);
  return new AttuneError(
    "plan/value",
    `${before}${name} cannot be ${JSON.stringify(value)}: it must be ${rightValue(issue, leafSchema(issue.path))}`,
  );
}

/** The schema of one value of the option that a path leads to. */
function leafSchema(path: Path): z.ZodType {
  const key = path.findLast((part) => typeof part === "string") ?? "";
  const shapes: Readonly<Record<string, z.ZodType>>[] = [
    trainOptions.shape,
    planSchema.shape,
    ...methodNames.map((name) => builtInMethods[name].options.shape),
  ];
  let schema = shapes.find((shape) => Object.hasOwn(shape, key))?.[key] ?? z.unknown();
  for (;;) {
    if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) schema = schema.unwrap() as z.ZodType;
    else if (schema instanceof z.ZodArray) schema = schema.element as z.ZodType;
    else if (schema instanceof z.ZodUnion) schema = schema.options[0] as z.ZodType;
    else return schema;
  }
}

const isMethod = (path: Path): boolean =>
  path[0] === "methods" ? path.length === 2 : path.length === 3 && path[0] === "runs" && path[2] === "method";

function unknownMethod(value: unknown, before: string): AttuneError {
  if (value === undefined)
    return new AttuneError("plan/method", `${before}this run names no method: ${listOf(methodNames)}`);
  return new AttuneError(
    "plan/method",
    `${before}there is no method ${JSON.stringify(value)}; ${hint(String(value), methodNames)}`,
  );
}

function unknownKey(key: string, path: Path, plan: unknown, place: Place): AttuneError {
  const { before, name } = place([...path, key]);
  const [part, of] = path;
  if (part === "options" && of === undefined) return unknownMethod(key, before);
  const method =
    part === "options" ? String(of) : part === "runs" ? String(valueAt(plan, [...path, "method"])) : undefined;
  const known = method === undefined ? Object.keys(planSchema.shape) : entryKeys(method as keyof typeof builtInMethods);
  const owners = methodNames.filter(
    (owner) => owner !== method && Object.hasOwn(builtInMethods[owner].options.shape, key),
  );
  if (owners.length > 0)
    return new AttuneError(
      "plan/foreign",
      `${before}${name} is an option of ${listOf(owners, "and")}; ${method === undefined ? "it stands under options or runs" : `the method here is "${method}"`}`,
    );
  return new AttuneError("plan/unknown", `${before}there is no key ${JSON.stringify(key)}; ${hint(key, known)}`);
}

function hint(name: string, known: readonly string[]): string {
  return didYouMean(name, known, `there are ${known.join(", ")}`, (meant) => JSON.stringify(meant));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key], value);
}
