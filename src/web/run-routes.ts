/** What the page asks about runs and studies: the list, one of them, what happens in them, and reports. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { AttuneError } from "../base/error.ts";
import type { FolderListing } from "./app-types.ts";
import type { FolderList } from "./folder-list.ts";
import type { Jobs } from "./jobs.ts";
import type { Reachable } from "./reachable.ts";
import { runDetail } from "./run-detail.ts";
import { runNews } from "./run-news.ts";

export interface RunSources {
  readonly reachable: Reachable;
  readonly list: FolderList;
  readonly jobs: Jobs;
}

/** As many runs are shown at a time, at most. */
const MOST_FOLLOWED = 24;
/** Silence of so many turns is broken by an empty message, so that a connection that is gone is noticed. */
const QUIET_TURNS = 30;

/** A report has scripts and styles of its own. It runs apart from the page: it can ask the server nothing. */
const REPORT_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; sandbox allow-scripts";

export function runRoutes(app: Hono, { reachable, list, jobs }: RunSources): void {
  /** The folder of a run, or of a study, by its path from the application's folder. */
  const folderWith = (path: string | undefined, file: string): string => {
    if (path === undefined) throw new AttuneError("app/missing", "which run? The path is missing");
    const folder = reachable.existing(path);
    if (existsSync(join(folder, file))) return folder;
    throw new AttuneError("app/missing", `${path}: there is no ${file} in it`);
  };

  app.get("/api/folder", (c) => {
    const listing: FolderListing = { ...list.list(), jobs: jobs.list() };
    const text = JSON.stringify(listing);
    const tag = `"${createHash("sha256").update(text).digest("base64url")}"`;
    if (c.req.header("if-none-match") === tag) return c.body(null, 304, { etag: tag });
    return c.body(text, 200, { "content-type": "application/json; charset=utf-8", etag: tag });
  });

  app.get("/api/run", (c) => {
    const folder = folderWith(c.req.query("path"), "run.json");
    return c.json(runDetail(folder, list.row(reachable.shown(folder))));
  });

  app.get("/api/news", (c) => {
    const asked = c.req.queries("run") ?? [];
    if (asked.length > MOST_FOLLOWED)
      throw new AttuneError(
        "app/too-many",
        `${asked.length} runs are too many to follow at once; choose ${MOST_FOLLOWED}`,
      );
    const files = asked.map((path) => join(folderWith(path, "run.json"), "events.jsonl"));
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      let quiet = 0;
      for await (const message of runNews(files, c.req.header("last-event-id"), gone.signal)) {
        if (message) await stream.writeSSE({ id: message.id, data: JSON.stringify(message.news) });
        else if (quiet++ % QUIET_TURNS === 0) await stream.write(": still here\n\n");
      }
    });
  });

  app.get("/api/report", (c) => {
    const folder = folderWith(c.req.query("path"), "report.html");
    c.header("content-security-policy", REPORT_POLICY);
    return c.html(readFileSync(join(folder, "report.html"), "utf8"));
  });
}
