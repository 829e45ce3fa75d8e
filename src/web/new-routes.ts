/** What the page asks to begin something new, and to stop it and go on with it. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Hono } from "hono";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { discard } from "../base/partial-name.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import { EMOTIONS, MINI } from "../hub/included.ts";
import { describeOptions, methods } from "../methods/list-methods.ts";
import { methodOf } from "../methods/registry.ts";
import { recipes } from "../run/recipes.ts";
import { RunFolder } from "../run/run-folder.ts";
import { resolvePlan } from "../study/plan.ts";
import { planText } from "../study/plan-file.ts";
import { DEFAULT_METHODS, DEFAULT_RANKS, planSchema, sharedKeys } from "../study/plan-schema.ts";
import { isStudy, readStudyFile } from "../study/study-file.ts";
import type { Choices, PlanLook, TimeEstimate } from "./app-types.ts";
import { lookAtData } from "./data-look.ts";
import { type Jobs, OWN_FOLDER, stopWork } from "./jobs.ts";
import { jsonBody } from "./json-body.ts";
import { jsonOf } from "./own-command.ts";
import { planCommand, writePlanFile } from "./plan-command.ts";
import type { Reachable } from "./reachable.ts";
import type { StoredFacts } from "./run-row.ts";
import { saveUpload } from "./save-upload.ts";

export interface NewSources {
  readonly reachable: Reachable;
  readonly jobs: Jobs;
}

const column = z.string().min(1).optional();
const dataQuestion = z.strictObject({
  data: z.string().min(1),
  text: column,
  label: column,
  multiLabel: z.boolean().optional(),
});
const planQuestion = z.strictObject({ plan: z.looseObject({}), out: z.string() });
const pathQuestion = z.strictObject({ path: z.string().min(1) });
const jobQuestion = z.strictObject({ id: z.string() });

export function newRoutes(app: Hono, { reachable, jobs }: NewSources): void {
  app.get("/api/choices", (c) => c.json(choices()));

  app.post("/api/look", async (c) =>
    c.json(await lookAtData(await jsonBody(c, dataQuestion), reachable, c.req.raw.signal)),
  );

  app.post("/api/plan", async (c) => {
    const { plan, out } = await jsonBody(c, planQuestion);
    const { runs, titles, command, planFile } = planCommand(plan, out, reachable);
    return c.json({ runs, titles, command, ...(planFile && { planFile }) } satisfies PlanLook);
  });

  app.post("/api/estimate", async (c) => {
    const { plan, out } = await jsonBody(c, planQuestion);
    planCommand(plan, out, reachable);
    const file = join(OWN_FOLDER, `estimate-${randomUUID()}.yaml`);
    const path = join(reachable.folder, file);
    try {
      makeFolder(dirname(path));
      writeWhole(path, planText(resolvePlan(plan)));
      return c.json(
        await jsonOf<TimeEstimate>(["compare", "--plan", file, "--only-estimate"], reachable.folder, c.req.raw.signal),
      );
    } finally {
      discard(path);
    }
  });

  app.post("/api/start", async (c) => {
    const { plan, out } = await jsonBody(c, planQuestion);
    const command = planCommand(plan, out, reachable);
    if (jobs.list().some((job) => job.out === out && job.state === "running"))
      throw new AttuneError("app/exists", `${out}: this is being prepared already; choose another name`);
    writePlanFile(command, reachable);
    jobs.start(command.words, out);
    return c.json({ out });
  });

  app.post("/api/resume", async (c) => {
    const { path } = await jsonBody(c, pathQuestion);
    const folder = reachable.existing(path);
    const shown = reachable.shown(folder);
    jobs.start([...resumeWords(folder), shown], shown);
    return c.json({ out: shown });
  });

  app.post("/api/stop", async (c) => {
    const { path } = await jsonBody(c, pathQuestion);
    const folder = reachable.existing(path);
    stopWork(folder, reachable.shown(folder));
    return c.json({});
  });

  app.post("/api/stop-job", async (c) => {
    jobs.stop((await jsonBody(c, jobQuestion)).id);
    return c.json({});
  });

  app.get("/api/study", (c) => {
    const folder = reachable.existing(c.req.query("path") ?? "");
    return c.json({ plan: readStudyFile(folder).plan });
  });

  app.post("/api/upload", async (c) =>
    c.json({ path: await saveUpload(c.req.query("name") ?? "", c.req.raw.body, reachable) }),
  );
}

/** @throws AttuneError where there is nothing to go on with */
function resumeWords(folder: string): string[] {
  if (isStudy(folder)) return ["compare", "--resume"];
  if (!existsSync(join(folder, "run.json")))
    throw new AttuneError("app/missing", "there is no run and no study in this folder");
  const { kind = "train" } = RunFolder.open(folder).readJson<StoredFacts>("run.json");
  return [kind, "--resume"];
}

function choices(): Choices {
  const shape = describeOptions(planSchema);
  return {
    methods: methods().map(({ name, title, summary }) => ({
      name,
      title,
      summary,
      hasRank: methodOf(name).hasRank === true,
    })),
    recipes: [
      ...Object.entries(recipes).map(([name, { summary }]) => ({ name, summary })),
      { name: "both", summary: "controlled, and then tuned" },
      { name: "own", summary: "only what you choose here, and the defaults of train" },
    ],
    models: [MINI],
    data: [EMOTIONS],
    defaultRanks: DEFAULT_RANKS,
    defaultMethods: DEFAULT_METHODS,
    options: Object.fromEntries(["jobs", "threads", ...sharedKeys].map((key) => [key, shape[key]!])),
  };
}
