/** study.json: whether it is there, and what stands in it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "./stored-json.ts";
import type { Study } from "./study.ts";

export const STUDY = "study.json";

/** Whether there is a study in a folder. */
export const isStudy = (path: string): boolean => existsSync(join(path, STUDY));

/** @throws AttuneError where it is not there, or is broken */
export function readStudyFile(path: string): Study {
  if (!isStudy(path))
    throw new AttuneError(
      "study/not-a-study",
      `${path}: there is no ${STUDY} in it, so this is not the folder of a study`,
    );
  return readJson<Study>(join(path, STUDY), studyShape);
}

/** What is read of it: enough that nothing below stumbles over what is not there. */
const studyShape = z.looseObject({
  command: z.string(),
  jobs: z.number(),
  runs: z.array(
    z.looseObject({
      name: z.string(),
      setting: z.string(),
      title: z.string(),
      recipe: z.string(),
      method: z.string(),
      seed: z.number(),
      options: z.looseObject({}),
    }),
  ),
});
