/** What the page asks of trained models: answers, and why. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Hono } from "hono";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import type { Text } from "../tables/dataset.ts";
import type { ModelAnswers, WordWeights } from "./app-types.ts";
import { jsonBody } from "./json-body.ts";
import { occlusion } from "./occlusion.ts";
import type { OpenModels } from "./open-models.ts";
import type { Reachable } from "./reachable.ts";

export interface PlaySources {
  readonly reachable: Reachable;
  readonly models: OpenModels;
}

const MOST_TEXTS = 5000;
const text = z.union([z.string(), z.tuple([z.string(), z.string()])]);
const predictQuestion = z.strictObject({
  path: z.string(),
  texts: z.array(text).min(1).max(MOST_TEXTS),
  top: z.int().positive().optional(),
});
const whyQuestion = z.strictObject({ path: z.string(), text, label: z.string() });

export function playRoutes(app: Hono, { reachable, models }: PlaySources): void {
  const folderOf = (path: string): string => {
    const folder = reachable.existing(path);
    if (existsSync(join(folder, "run.json"))) return folder;
    throw new AttuneError("app/missing", `${path}: there is no run in it`);
  };

  app.post("/api/predict", async (c) => {
    const { path, texts, top } = await jsonBody(c, predictQuestion);
    const answers = await models.with(folderOf(path), async (classifier): Promise<ModelAnswers> => {
      const started = performance.now();
      const predictions = await classifier.predict(texts as readonly Text[], c.req.raw.signal);
      return {
        milliseconds: performance.now() - started,
        takesPairs: classifier.takesPairs,
        answers: predictions.map(({ label, labels, scores }) => ({
          label: labels ? labels.join(", ") : label,
          scores: scores.slice(0, top),
        })),
      };
    });
    return c.json(answers);
  });

  app.post("/api/why", async (c) => {
    const { path, text: asked, label } = await jsonBody(c, whyQuestion);
    const sides = await models.with(folderOf(path), (classifier) =>
      occlusion(asked as Text, label, (texts) => classifier.predict(texts, c.req.raw.signal)),
    );
    return c.json({ sides } satisfies WordWeights);
  });
}
