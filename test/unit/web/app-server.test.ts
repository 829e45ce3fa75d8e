/** The application's server: who is answered, which files are reached, and how fast a full folder opens. */
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppServer } from "../../../src/web/app-server.ts";
import type { FolderListing, RunNews } from "../../../src/web/app-types.ts";
import { emptyPage, send } from "../../app.ts";
import { fabricateStudy } from "../../study.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const root = scratch.folder({ "elsewhere/secret.csv": "text,label\nhidden,x\n", "elsewhere/runs/run.json": "{}" });
const folder = join(root, "folder");
const TOKEN = "0123456789abcdef";

let server: AppServer;
let base: string;
const known = { authorization: `Bearer ${TOKEN}` };
const get = (path: string, headers: Record<string, string> = known) => send(`${base}${path}`, { headers });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(`${base}${path}`, {
    method: "POST",
    headers: { ...known, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const codeOf = ({ body }: { body: string }): string => JSON.parse(body).error.code;

beforeAll(async () => {
  fabricateStudy(join(folder, "studies/first"), { failed: ["tuned-lora-r32-s42"] });
  writeFileSync(join(folder, "reviews.csv"), "text,label\ngood,a\nbad,b\n");
  writeFileSync(join(folder, "studies/first/report.html"), "<!doctype html><script>1</script>");
  symlinkSync(join(root, "elsewhere"), join(folder, "way-out"));
  server = await AppServer.start({ folder, port: 0, token: TOKEN, page: emptyPage(join(root, "page")) });
  base = new URL(server.url).origin;
});
afterAll(() => server.stop());

describe("who is answered", () => {
  test("whoever has the token, in the address, as a cookie or in a header", async () => {
    expect((await get("/", {})).status).toBe(401);
    expect((await get("/api/folder", {})).status).toBe(401);
    expect((await get("/assets/page-abc.js", {})).status).toBe(401);
    expect((await get(`/api/folder?token=${TOKEN}`, {})).status).toBe(401);
    expect((await get("/?token=0123456789abcdeg", {})).status).toBe(401);
    const page = await send(server.url);
    expect(page.status).toBe(200);
    const [cookie] = page.headers["set-cookie"]!;
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect((await get("/api/folder", { cookie: cookie!.split(";")[0]! })).status).toBe(200);
    expect((await get("/api/folder", { authorization: "Bearer 0123456789abcdeg" })).status).toBe(401);
  });

  test("under the server's own names", async () => {
    const { port } = new URL(base);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect((await get("/api/folder", { ...known, host })).status).toBe(200);
    for (const host of ["localhost", `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, "127.0.0.1:1"])
      expect((await get("/api/folder", { ...known, host })).status).toBe(421);
  });

  test("from the server's own page", async () => {
    const stop = (headers: Record<string, string>) => post("/api/stop", { path: "reviews.csv" }, headers);
    expect((await stop({ origin: "http://evil.example" })).status).toBe(403);
    expect((await stop({ origin: "null" })).status).toBe(403);
    expect((await stop({ origin: base.replace("http", "https") })).status).toBe(403);
    expect((await stop({ origin: base, "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(codeOf(await stop({ origin: base, "sec-fetch-site": "same-origin" }))).toBe("app/not-running");
    const cookie = (await send(server.url)).headers["set-cookie"]![0]!.split(";")[0]!;
    const unsaid = { "content-type": "application/json", cookie };
    const asked = await send(`${base}/api/stop`, { method: "POST", headers: unsaid, body: "{}" });
    expect([asked.status, codeOf(asked)]).toEqual([403, "app/origin"]);
    expect((await get("/api/folder", { ...known, "sec-fetch-site": "cross-site" })).status).toBe(403);
    // A link may stand anywhere.
    expect((await send(server.url, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(200);
  });

  test("with headers that let in nothing of others", async () => {
    const { headers } = await get("/");
    expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    const report = await get("/api/report?path=studies/first");
    expect(report.body).toContain("<script>");
    expect(report.headers["content-security-policy"]).toMatch(/default-src 'none'.*; sandbox allow-scripts$/);
  });

  test("beyond this machine only with a token of one's own", async () => {
    const page = join(root, "page");
    expect(await inputError(() => AppServer.start({ folder, host: "0.0.0.0", port: 0, page }))).toContain("--token");
    expect(await inputError(() => AppServer.start({ folder, port: 0, token: "short", page }))).toContain("at least 16");
    const other = await AppServer.start({ folder, port: 0, page });
    expect(new URL(other.url).searchParams.get("token")).toMatch(/^[\w-]{32}$/);
    await other.stop();
  });
});

describe("files", () => {
  test("outside the folder are not reached: by .., by their path, by a link", async () => {
    const paths = [
      "../elsewhere/runs",
      "studies/../../elsewhere/runs",
      join(root, "elsewhere/runs"),
      "way-out/runs",
      "..",
      "studies/first\0",
    ];
    for (const path of paths) {
      const asked = [
        await get(`/api/run?path=${encodeURIComponent(path)}`),
        await get(`/api/news?run=${encodeURIComponent(path)}`),
        await get(`/api/report?path=${encodeURIComponent(path)}`),
        await post("/api/look", { data: path }),
        await post("/api/resume", { path }),
        await post("/api/plan", { plan: { data: path, methods: ["full"] }, out: "new" }),
        await post("/api/plan", { plan: { data: "reviews.csv", methods: ["full"] }, out: path }),
      ];
      expect(asked.map((one) => [path, one.status])).toEqual(asked.map(() => [path, 403]));
    }
    expect((await get("/../package.json")).status).toBe(404);
    expect((await get("/assets/..%2findex.html")).status).toBe(404);
    const { body } = await get("/api/folder");
    expect(body).not.toContain("way-out");
  });

  test("that were named on start are", async () => {
    const also = [join(root, "elsewhere/secret.csv")];
    const page = join(root, "page");
    const other = await AppServer.start({ folder, also, port: 0, token: TOKEN, page });
    const look = (data: string) =>
      send(`${new URL(other.url).origin}/api/plan`, {
        method: "POST",
        headers: { ...known, "content-type": "application/json" },
        body: JSON.stringify({ plan: { data, methods: ["full"] }, out: "new" }),
      });
    expect((await look(also[0]!)).status).toBe(200);
    expect((await look(join(root, "elsewhere"))).status).toBe(403);
    await other.stop();
  });

  test("that are uploaded are tables, in a folder of their own, and bounded in number of bytes", async () => {
    const upload = (name: string, body: string) =>
      send(`${base}/api/upload?name=${encodeURIComponent(name)}`, { method: "POST", headers: known, body });
    const first = await upload("../../new: reviews.csv", "text,label\nfine,a\n");
    expect(JSON.parse(first.body)).toEqual({ path: "uploads/new- reviews.csv" });
    expect(readFileSync(join(folder, "uploads/new- reviews.csv"), "utf8")).toBe("text,label\nfine,a\n");
    expect(JSON.parse((await upload("new- reviews.csv", "other")).body)).toEqual({
      path: "uploads/new- reviews-2.csv",
    });
    expect(codeOf(await upload("script.sh", "rm"))).toBe("app/upload");
    expect(codeOf(await upload(".csv", "x"))).toBe("app/upload");
    const large = await post("/api/plan", { plan: { data: "x".repeat(2 ** 22) }, out: "new" });
    expect([large.status, codeOf(large)]).toEqual([413, "app/too-large"]);
  });
});

describe("the folder", () => {
  test("shows studies, runs and tables", async () => {
    const { runs, studies, tables } = JSON.parse((await get("/api/folder")).body) as FolderListing;
    expect(studies).toMatchObject([
      {
        path: "studies/first",
        state: "failed",
        runs: 6,
        done: 5,
        hasReport: true,
        failed: [{ name: "tuned-lora-r32-s42" }],
      },
    ]);
    expect(runs).toHaveLength(5);
    const lora = runs.find(({ path }) => path.endsWith("lora-r8-s42"))!;
    expect(lora).toMatchObject({
      state: "done",
      study: "studies/first",
      title: "LoRA, rank 8",
      figures: { rank: 8, epochs: 3, memory: 708e6 },
    });
    expect(lora.figures.accuracy).toBeGreaterThan(0.8);
    expect(tables).toContain("reviews.csv");
  });

  test("of 500 runs is there in less than a second, and then at once", async () => {
    const full = join(root, "full");
    const one = join(folder, "studies/first/runs/tuned-lora-r8-s42");
    const [run, result] = ["run.json", "result.json"].map((name) => readFileSync(join(one, name)));
    for (let i = 0; i < 500; i++) {
      mkdirSync(join(full, `runs/${i}`), { recursive: true });
      writeFileSync(join(full, `runs/${i}/run.json`), run!);
      writeFileSync(join(full, `runs/${i}/result.json`), result!);
    }
    const other = await AppServer.start({ folder: full, port: 0, token: TOKEN, page: join(root, "page") });
    const timed = async (headers: Record<string, string> = {}) => {
      const started = performance.now();
      const asked = await send(`${new URL(other.url).origin}/api/folder`, { headers: { ...known, ...headers } });
      return { asked, seconds: (performance.now() - started) / 1000 };
    };
    const { asked, seconds } = await timed();
    expect((JSON.parse(asked.body) as FolderListing).runs).toHaveLength(500);
    expect(seconds).toBeLessThan(1);
    const again = await timed({ "if-none-match": asked.headers.etag! });
    expect(again.asked.status).toBe(304);
    await other.stop();
  });

  test("with broken files shows what is broken, and the others", async () => {
    mkdirSync(join(folder, "runs/broken"), { recursive: true });
    writeFileSync(join(folder, "runs/broken/run.json"), '{"status":');
    const { runs } = JSON.parse((await get("/api/folder")).body) as FolderListing;
    const broken = runs.find(({ path }) => path === "runs/broken");
    expect(broken).toMatchObject({ state: "unreadable", reason: expect.stringContaining("this is not JSON") });
    expect(runs).toHaveLength(6);
  });
});

describe("news", () => {
  test("go on where the page left off, and begin again where a run was cut", async () => {
    const run = join(folder, "studies/first/runs/tuned-full-s42");
    const file = join(run, "events.jsonl");
    const step = (n: number) =>
      `${JSON.stringify({ type: "step", step: n, totalSteps: 9, epoch: 1, loss: 1 / n, learningRate: 0.1, gradientNorm: 1, examples: 4, seconds: 0.1 })}\n`;
    writeFileSync(file, step(1) + step(2));
    const path = "/api/news?run=studies%2Ffirst%2Fruns%2Ftuned-full-s42";
    const first = await nextNews(path);
    expect(first.news.steps.map(([n]) => n)).toEqual([1, 2]);
    appendFileSync(file, `${step(3)}{"type":"st`); // The last line is being written.
    const second = await nextNews(path, first.id);
    expect(second.news).toMatchObject({ run: 0, anew: false });
    expect(second.news.steps.map(([n]) => n)).toEqual([3]);
    truncateSync(file, step(1).length);
    const third = await nextNews(path, second.id);
    expect(third.news.anew).toBe(true);
    expect(third.news.steps.map(([n]) => n)).toEqual([1]);
  });

  /** The first message of a stream that goes on behind `since`. */
  async function nextNews(path: string, since?: string): Promise<{ readonly id: string; readonly news: RunNews }> {
    const headers = { ...known, ...(since !== undefined && { "last-event-id": since }) };
    const response = await fetch(`${base}${path}`, { headers });
    let text = "";
    for await (const piece of response.body!) {
      text += new TextDecoder().decode(piece);
      const [, data, id] = /data: (.*)\nid: (.*)\n/.exec(text) ?? [];
      if (data !== undefined && id !== undefined) return { id, news: JSON.parse(data) as RunNews };
    }
    throw new Error("the stream ended");
  }
});
