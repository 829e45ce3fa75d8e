/** Files of a study, read with errors that name them. */
import { existsSync } from "node:fs";
import type { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson as readAnyJson } from "../base/read-text.ts";

/** The same, where the file is there. */
export const readIfThere = <T>(file: string, shape: z.ZodType): T | undefined =>
  existsSync(file) ? readJson<T>(file, shape) : undefined;

/**
 * Content of a file that has at least this shape.
 *
 * @throws AttuneError that names the file
 */
export function readJson<T>(file: string, shape: z.ZodType): T {
  const content = readAnyJson(file, "study/unreadable");
  const { error } = shape.safeParse(content);
  if (!error) return content as T;
  const issue = error.issues[0]!;
  throw new AttuneError(
    "study/broken",
    `${file}: "${issue.path.join(".")}" cannot be used (${issue.message}); the file was changed, or is of another version`,
  );
}
