/** study.json and the other JSON files of a study: whether they are there, and what stands in them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import type { Study } from "./study.ts";

export const STUDY = "study.json";
const HINTS = { code: "study/broken", advice: "the file was changed, or is of another version of Attune" };

/** Whether there is a study in a folder. */
export const isStudy = (path: string): boolean => existsSync(join(path, STUDY));

/** @throws AttuneError where it is not there, or is broken */
export function readStudyFile(path: string): Study {
  if (!isStudy(path))
    throw new AttuneError(
      "study/not-a-study",
      `${path}: there is no ${STUDY} in it, so this is not the folder of a study`,
    );
  return readStudyJson<Study>(join(path, STUDY), studyShape);
}

/**
 * Content of a file of a study that has at least this shape.
 *
 * @throws AttuneError that names the file
 */
export const readStudyJson = <T>(file: string, shape: z.ZodType): T => readJson(file, shape, HINTS) as T;

/** Of a file in `failed/`. */
export const failedShape = z.looseObject({ name: z.string(), reason: z.string() });

/** What is read of it: enough that nothing below stumbles over what is not there. */
export const studyShape = z.looseObject({
  attune: z.string(),
  command: z.string(),
  began: z.string(),
  jobs: z.number(),
  threads: z.number(),
  timesComparable: z.boolean(),
  model: z.string(),
  data: z.string(),
  recipes: z.array(z.string()),
  seeds: z.array(z.number()),
  plan: z.looseObject({}),
  runs: z.array(
    z.looseObject({
      // It becomes the name of a folder.
      name: z
        .string()
        .regex(/^[^/\\\0]+$/, "it is the name of a folder")
        .refine((name) => name !== "." && name !== "..", "it is the name of a folder"),
      setting: z.string(),
      title: z.string(),
      recipe: z.string(),
      method: z.string(),
      seed: z.number(),
      options: z.looseObject({}),
      sources: z.record(z.string(), z.string()),
    }),
  ),
});
