/** Options against their schema: what is given wrongly is named, with what would be right. */
import { z } from "zod";
import { shown } from "./check-json.ts";
import { AttuneError, listOf } from "./error.ts";
import { didYouMean } from "./nearest.ts";

/** How an option is spelled where it was given: `--batch-size`, or `batchSize in train.yaml`. */
export type Spell = (key: string) => string;

export interface CheckHints {
  /** The option whose fault is told before all others, as it may explain them. */
  readonly first?: string;
  /** The error for an option that belongs elsewhere, if it does. */
  readonly foreign?: (key: string) => AttuneError | undefined;
}

/**
 * Checks options and fills in defaults.
 *
 * @throws AttuneError that names the option, what is wrong and what would be right
 */
export function checkOptions(
  shape: Readonly<Record<string, z.ZodType>>,
  given: Readonly<Record<string, unknown>>,
  spell: Spell,
  { first, foreign }: CheckHints = {},
): unknown {
  const result = z.strictObject(shape).safeParse(given);
  if (result.success) return result.data;
  const { issues } = result.error;
  const issue = issues.find(({ path }) => first !== undefined && path[0] === first) ?? issues[0]!;
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    const [key] = issue.keys as [string];
    const known = Object.keys(shape);
    const hint = didYouMean(key, known, `there are ${known.map(spell).join(", ")}`, spell);
    throw foreign?.(key) ?? new AttuneError("options/unknown", `there is no option ${spell(key)}; ${hint}`);
  }
  const key = String(issue.path[0] ?? "");
  const value = given[key];
  if (value === undefined)
    throw new AttuneError("options/missing", `the option ${spell(key)} is missing: ${shape[key]?.description}`);
  throw new AttuneError(
    "options/value",
    `${spell(key)} cannot be ${shown(value)}: it must be ${rightValue(issue, shape[key]!)}`,
  );
}

/** The end of the sentence "it must be …", for a value that a schema refuses. */
export function rightValue(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "boolean") return "true or false";
      if (issue.expected === "array") return "a list";
      return issue.expected === "int" || isWhole(schema) ? "a whole number" : `a ${issue.expected}`;
    case "too_small":
      if (issue.origin === "string") return "given";
      if (issue.origin === "array") return `a list of at least ${issue.minimum}`;
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_value":
      return listOf(issue.values.map(String));
    case "invalid_union":
    case "invalid_format":
    case "custom":
      return issue.message;
    default:
      return `something else (${issue.message})`;
  }
}

const isWhole = (schema: z.ZodType): boolean => z.toJSONSchema(schema, { io: "input" }).type === "integer";
