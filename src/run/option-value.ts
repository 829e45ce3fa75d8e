/** What is wrong with the value of an option, as a sentence. */
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";

/** `option` as it is spelled where it was given. */
export const wrongValue = (option: string, value: unknown, issue: z.core.$ZodIssue, schema: z.ZodType): AttuneError =>
  new AttuneError("options/value", `${option} cannot be ${JSON.stringify(value)}: it must be ${right(issue, schema)}`);

/** The end of the sentence "it must be …". */
function right(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "boolean") return "true or false";
      return isWhole(schema) ? "a whole number" : `a ${issue.expected}`;
    case "too_small":
      if (issue.origin === "string") return "given";
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_value":
      return listOf(issue.values.map(String));
    default:
      return `something else (${issue.message})`;
  }
}

const isWhole = (schema: z.ZodType): boolean => z.toJSONSchema(schema, { io: "input" }).type === "integer";
