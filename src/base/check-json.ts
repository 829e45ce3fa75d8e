/** Content of a file against its schema: what is wrong is said with file, key, value and advice. */
import type { z } from "zod";
import { AttuneError, listOf } from "./error.ts";

const SHOWN_CHARACTERS = 80;

export interface JsonHints {
  /** Code of the error. */
  readonly code: string;
  /** What to do about a file that cannot be used. @default "get the file again" */
  readonly advice?: string;
}

/**
 * `value`, which stands in `file`, in the form that `schema` gives it.
 *
 * @throws AttuneError that names the file, the key, its value and what would be right
 */
export function checkJson<Schema extends z.ZodType>(
  file: string,
  value: unknown,
  schema: Schema,
  { code, advice = "get the file again" }: JsonHints,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new AttuneError(code, `${file}: ${problemOf(issue, value)}; ${advice}`);
}

/** What is wrong with `content`, in which a schema found `issue`. */
export function problemOf(issue: z.core.$ZodIssue, content: unknown): string {
  const place = issue.path.map(String).join(".");
  if (issue.path.length === 0)
    return issue.code === "invalid_type" ? `this is not ${kindOf(issue.expected)}` : issue.message;
  const value = issue.path.reduce(
    (at: unknown, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    content,
  );
  if (issue.code === "custom" || issue.code === "invalid_union") return `"${place}" cannot be used: ${issue.message}`;
  const found = value === undefined ? "is missing" : `is ${shown(value)}`;
  return `"${place}" cannot be used: it ${found}, and must be ${expected(issue)}`;
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return kindOf(issue.expected);
    case "invalid_value":
      return listOf(issue.values.map(String));
    case "too_small":
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    default:
      return `something else (${issue.message})`;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a JSON list",
  boolean: "true or false",
  int: "a whole number",
  null: "null",
  object: "a JSON object",
  record: "a JSON object",
  string: "text",
};
const kindOf = (expected: string): string => KINDS[expected] ?? `a ${expected}`;

/** A value as an error shows it: at most so many characters. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = typeof value === "bigint" ? String(value) : `a ${typeof value}`;
  }
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} …` : text;
}
