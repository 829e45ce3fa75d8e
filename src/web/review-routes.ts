/** What the page asks to look for what is wrong with data, and to decide it. */
import type { Hono } from "hono";
import { z } from "zod";
import { decisions } from "../audit/read-review.ts";
import { commandText } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import type { ReviewQueue } from "./app-types.ts";
import type { Jobs } from "./jobs.ts";
import { jsonBody } from "./json-body.ts";
import type { Reachable } from "./reachable.ts";
import { decide, readQueue, reviewedFile } from "./review-queue.ts";

export interface ReviewSources {
  readonly reachable: Reachable;
  readonly jobs: Jobs;
}

const decideQuestion = z.strictObject({
  path: z.string(),
  line: z.int().min(0),
  row: z.int(),
  kind: z.string(),
  decision: z.enum([...decisions, ""]),
  newLabel: z.string(),
});
const auditQuestion = z.strictObject({ data: z.string().min(1), model: z.string().min(1), out: z.string() });

export function reviewRoutes(app: Hono, { reachable, jobs }: ReviewSources): void {
  const issuesAt = (path: string): string => {
    const file = reachable.existing(path);
    if (/issues\.csv$/i.test(file)) return file;
    throw new AttuneError("app/review", `${path}: this is no issues.csv`);
  };

  app.get("/api/review", (c) => {
    const path = c.req.query("path") ?? "";
    const file = issuesAt(path);
    const queue = readQueue(file);
    const words = ["audit", queue.data || "DATA", "--apply", reachable.shown(reviewedFile(file)), "--out", "NEW"];
    return c.json({ ...queue, command: commandText(words) } satisfies ReviewQueue);
  });

  app.post("/api/decide", async (c) => {
    const { path, ...decided } = await jsonBody(c, decideQuestion);
    decide(issuesAt(path), decided);
    return c.json({});
  });

  app.post("/api/audit", async (c) => {
    const { data, model, out } = await jsonBody(c, auditQuestion);
    for (const source of [data, model]) reachable.source(source);
    reachable.fresh(out);
    jobs.start(["audit", data, "--model", model, "--out", out], out);
    return c.json({ out });
  });
}
