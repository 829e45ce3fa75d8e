/** Spaces as one writes them, `1e-5..1e-2` or `4,8,16`, held against what the option may be. */
import { z } from "zod";
import { rightValue } from "../base/check-options.ts";
import { AttuneError } from "../base/error.ts";
import type { Space, Value } from "./search-file.ts";

const RANGE = /^(.+?)\.\.(.+)$/;
/** A range so wide is gone through by factors, whatever the option. */
const WIDE = 100;

/**
 * The space of an option, by name as `spelled`. Numbers that are more than nothing by nature (rates, sizes) are gone through by
 * factors, others evenly.
 *
 * @throws AttuneError that names the option, what is wrong and what would be right
 */
export function readSpace(text: string, schema: z.ZodType, spelled: string): Space {
  const [, from, to] = RANGE.exec(text) ?? [];
  if (from === undefined || to === undefined)
    return { kind: "choice", values: text.split(",").map((one) => meantBy(one.trim(), schema, spelled)) };
  const { type, exclusiveMinimum, minimum } = numberFacts(schema);
  if (type === undefined)
    throw wrong(spelled, text, "is a range, and this option is no number", "give values, separated by commas");
  const ends = [from, to].map((one) => meantBy(one.trim(), schema, spelled) as number) as [number, number];
  const [least, most] = ends;
  if (!(least < most)) throw wrong(spelled, text, "does not rise", "write the lower end first");
  const isByFactors = exclusiveMinimum === 0 || minimum === 1 || (least > 0 && most / least >= WIDE);
  const kind = type === "integer" ? (["integer", "log-integer"] as const) : (["uniform", "log-uniform"] as const);
  return { kind: kind[isByFactors ? 1 : 0], from: least, to: most };
}

/** @throws AttuneError where a value of the space is none of the option */
export function checkSpace(space: Space, schema: z.ZodType, spelled: string): Space {
  const values = space.kind === "choice" ? space.values : [space.from, space.to];
  for (const value of values) meantBy(String(value), schema, spelled);
  return space;
}

interface NumberFacts {
  readonly type?: "number" | "integer";
  readonly exclusiveMinimum?: number;
  readonly minimum?: number;
}

function numberFacts(schema: z.ZodType): NumberFacts {
  const facts = z.toJSONSchema(schema, { io: "input" }) as { readonly type?: string } & NumberFacts;
  return facts.type === "number" || facts.type === "integer" ? facts : {};
}

/** What a text stands for, of all that the option may be. */
function meantBy(text: string, schema: z.ZodType, spelled: string): Value {
  const number = text === "" ? Number.NaN : Number(text);
  const meant: Value[] = [...(Number.isNaN(number) ? [] : [number]), ...(text === "true" ? [true] : []), text];
  const found = meant.find((value) => schema.safeParse(value).success);
  if (found !== undefined) return found;
  if (text === "false" && schema.safeParse(false).success) return false;
  const [issue] = schema.safeParse(meant[0]).error!.issues;
  throw wrong(spelled, text, "is no value of it", `it must be ${rightValue(issue!, schema)}`);
}

const wrong = (spelled: string, text: string, what: string, advice: string): AttuneError =>
  new AttuneError("search/space", `${spelled}: ${JSON.stringify(text)} ${what}; ${advice}`);
