/** The application as a person uses it: the built package, a tiny model, Chromium. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuditIssue } from "../../src/audit/audit-result.ts";
import { textHash } from "../../src/audit/audited-texts.ts";
import { issuesCsv } from "../../src/audit/issues-csv.ts";
import { makeFolder } from "../../src/base/write-whole.ts";
import { attune, startAttune } from "../e2e/attune.ts";
import { tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { hasChromium, inChromium, launchChromium } from "./chromium.ts";

/** What must stay a text, wherever it is shown. */
const EVIL = '<img src=x onerror="window.wasRun = true">';
const CLOSING = "</script><script>window.wasRun = true</script>";
const TOKEN = "a-token-of-the-tests";

const folder = scratchFolder().folder({});
let browser: Browser;
let server: ChildProcess;
let address: string;
const problems: string[] = [];

/** Starts the server, on the same port whenever it is started again. */
async function serve(): Promise<void> {
  const port = address ? new URL(address).port : "0";
  const started = startAttune(["app", folder, "--port", port, "--token", TOKEN]);
  server = started.process;
  const [line] = (await once(server.stdout!, "data")) as [Buffer];
  address = String(line).trim();
}

/** A new window, as one that was opened anew; what goes wrong in it is remembered. */
async function open(place: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    // The server is stopped on purpose.
    if (
      message.type() === "error" &&
      !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY|net::ERR_FAILED/.test(message.text())
    )
      problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("dialog", (dialog) => problems.push(dialog.message()));
  await page.goto(`${address}#/${place}`);
  await page.locator("main h1").first().waitFor({ state: "attached" });
  return page;
}

const rowOf = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

describe.skipIf(!hasChromium)(`the application ${inChromium}`, () => {
  beforeAll(async () => {
    tinyModel(join(folder, "models/tiny"), { dropout: 0 });
    const texts = Array.from(
      { length: 60 },
      (_, i) =>
        `the ${i % 2 ? "good" : "bad"} cat is ${["very", "a", "the", "running"][i % 4]} ${i % 2 ? "happy" : "unhappy"} ${i}`,
    );
    texts[0] = `bad ${CLOSING}`;
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const rows = texts.map((text, i) => `${quoted(text)},${quoted(i % 2 ? "fine" : EVIL)}`);
    writeFileSync(join(folder, "reviews.csv"), `text,label\n${rows.join("\n")}\n`);
    writeAudit(texts);
    browser = await launchChromium();
    await serve();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    server?.kill();
    // What is begun outlives the server, and must not outlive the tests.
    const jobs = join(folder, ".attune-app/jobs");
    for (const name of existsSync(jobs) ? readdirSync(jobs) : [])
      if (name.endsWith(".json")) endProcess(JSON.parse(readFileSync(join(jobs, name), "utf8")).pid);
  });

  test("a study is begun on the page, goes on without it and without the server, and ends with a report", async () => {
    let page = await open("new");
    await page.getByLabel("Labelled texts").fill("reviews.csv");
    await page.getByRole("region", { name: "Columns and their first values" }).getByText(CLOSING).waitFor();
    await page.getByText('Read as comma-separated, text from "text", label from "label".').waitFor();
    await page.getByLabel("Encoder", { exact: true }).fill("models/tiny");
    for (const method of ["No training", "Linear probe", "Prompt tuning", "Prefix tuning"])
      await page.getByRole("checkbox", { name: method }).uncheck();
    await page.getByLabel("Ranks").fill("2");
    await page.getByLabel("Recipe").selectOption("own");
    await page.getByText("More options").click();
    for (const [option, value] of [
      ["epochs", "30"],
      ["learningRate", "0.005"],
      ["batchSize", "4"],
    ] as const) {
      await page.getByRole("combobox", { name: "Option", exact: true }).selectOption(option);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByLabel(option, { exact: true }).fill(value);
    }
    const command = page.locator("pre").filter({ hasText: "attune compare" });
    await command.filter({ hasText: "--batch-size 4" }).waitFor();
    expect(await command.textContent()).toBe(
      "attune compare --model models/tiny --data reviews.csv --methods full,lora --ranks 2 --recipe own --epochs 30 --learning-rate 0.005 --batch-size 4 --out studies/reviews --no-estimate",
    );
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await rowOf(page, "studies/reviews/runs/own-full-s42").first().waitFor();
    await page.context().close();
    server.kill("SIGKILL");
    await once(server, "exit");

    await serve();
    page = await open("runs");
    const study = page.getByRole("region", { name: "Studies" });
    await study.getByText("2 of 2 runs done").waitFor({ timeout: 60_000 });
    const [report] = await Promise.all([
      page.waitForEvent("popup"),
      study.getByRole("link", { name: /^Report/ }).click(),
    ]);
    await report.getByRole("heading", { level: 1 }).waitFor();
    expect(await report.locator("bdi").filter({ hasText: EVIL }).count()).toBeGreaterThan(0);
    await page.context().close();
  }, 240_000);

  test("runs are filtered, sorted and followed side by side", async () => {
    const page = await open("runs");
    const table = page.getByRole("region", { name: "Runs", exact: true });
    await table.getByRole("checkbox").first().waitFor();
    await page.getByLabel("Filter").fill("lora");
    await page.getByText("1 of 2 runs").waitFor();
    await table.getByRole("checkbox").check();
    await page.getByLabel("Filter").fill("");
    await table.getByRole("checkbox", { name: /Full fine-tuning/ }).check();
    const chart = page.getByRole("img", { name: /^Training loss, last values: .*Full fine-tuning/ });
    await chart.waitFor();
    expect(await chart.getAttribute("aria-label")).toContain("LoRA, rank 2");
    await page.getByRole("button", { name: "Accuracy" }).click();
    const accuracies = await table.locator("tbody tr td:nth-child(4)").allTextContents();
    expect(accuracies.map(Number)).toEqual(accuracies.map(Number).toSorted((a, b) => b - a));
    // The choice is a part of the address.
    await page.reload();
    await chart.waitFor();
    await table.getByRole("link", { name: "LoRA, rank 2" }).click();
    await page.getByRole("heading", { level: 1, name: "LoRA, rank 2" }).waitFor();
    await page.getByRole("region", { name: "Each label, on test" }).getByText(EVIL).waitFor();
    await page.getByRole("link", { name: /^Again with/ }).click();
    await page.getByLabel("Ranks").waitFor();
    expect(await page.getByLabel("Labelled texts").inputValue()).toBe("reviews.csv");
    expect(await page.getByRole("textbox", { name: "learningRate" }).inputValue()).toBe("0.005");
    await page.context().close();
  }, 180_000);

  test("what was begun is stopped, and goes on", async () => {
    const page = await open("new?study=studies/reviews");
    await page.getByLabel("epochs", { exact: true }).fill("2000");
    await page.getByLabel("Folder of the study").fill("studies/long");
    await page.locator("pre").filter({ hasText: "--out studies/long" }).waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const long = page.getByRole("region", { name: "Studies" }).getByRole("row").filter({ hasText: "studies/long" });
    await rowOf(page, "studies/long/runs/own-full-s42").first().waitFor();
    await long.getByRole("button", { name: "Stop" }).click();
    await long.getByText("stopped").waitFor();
    await long.getByRole("button", { name: "Go on" }).click();
    await long.getByText("running").waitFor();
    await long.getByRole("button", { name: "Stop" }).click();
    await long.getByText("stopped").waitFor();
    await page.context().close();
  }, 180_000);

  test("models answer side by side, with their words; many texts become a table and a file", async () => {
    const page = await open("play");
    await page.getByLabel("A text").fill(`good ${CLOSING}`);
    const answers = page.getByRole("region", { name: "Answers", exact: true });
    for (const title of ["LoRA, rank 2", "Full fine-tuning"])
      await answers
        .getByRole("row")
        .filter({ hasText: title })
        .locator(".label")
        .filter({ hasText: /^(fine|<img.*)$/ })
        .waitFor();
    await page.locator("mark").first().waitFor();
    expect(await page.locator(".words").textContent()).toBe(`good ${CLOSING}`);
    await page.getByLabel("One text a line").fill(`the bad cat\n=1+1 ${CLOSING}`);
    await page.getByRole("button", { name: "Classify 2 texts" }).click();
    await page.getByRole("region", { name: "Answers to many texts" }).getByText(EVIL).first().waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download CSV" }).click(),
    ]);
    const [head, first, second] = readFileSync(await file.path(), "utf8").split("\r\n");
    expect(head).toMatch(/^text,studies\/reviews\/runs\/own-\w+/);
    expect(first).toMatch(/^the bad cat,"<img src=x onerror=""window.wasRun = true"">",0\.\d+/);
    expect(second).toMatch(/^'=1\+1 /);
    await page.context().close();
  }, 180_000);

  test("issues are decided with keys; what is decided is kept at once, and applied", async () => {
    const page = await open("data?path=audits/reviews/issues.csv");
    const issue = page.getByRole("article");
    await issue.getByText(CLOSING).waitFor();
    await page.keyboard.press("a");
    await issue.getByText("cat is a happy 1").waitFor();
    await page.getByLabel("Label it").selectOption(EVIL);
    await issue.getByText("cat is the unhappy 2").waitFor();
    await page.keyboard.press("k");
    await issue.getByText("cat is running happy 3").waitFor();
    await page.keyboard.press("x");
    await page.getByText("4 of 4 decided").waitFor();
    server.kill("SIGKILL");
    await once(server, "exit");
    await serve();
    await page.goto(`${address}#/data?path=audits/reviews/issues.csv`);
    await page.reload();
    await page.getByText("4 of 4 decided").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await issue.getByText("kept as it is").waitFor();
    await page.keyboard.press("u");
    await page.getByText("3 of 4 decided").waitFor();
    const reviewed = "audits/reviews/reviewed.csv";
    expect(await page.locator("pre").textContent()).toBe(`attune audit reviews.csv --apply ${reviewed} --out NEW`);
    const { stdout, stderr } = await attune(["audit", "reviews.csv", "--apply", reviewed, "--out", "clean.csv"], {
      cwd: folder,
    });
    expect(stdout + stderr).toContain("59 rows: 2 relabelled, 1 removed, 1 lines without a decision");
    const lines = readFileSync(join(folder, "clean.csv"), "utf8").split(/\r?\n/);
    expect(lines[1]).toMatch(/^"?bad <\/script>.*,fine$/);
    expect(lines[2]).toContain("onerror");
    await page.context().close();
  }, 180_000);

  describe.each([
    { width: 1280, colorScheme: "light" },
    { width: 390, colorScheme: "dark" },
  ] as const)("at $width pixels, $colorScheme", ({ width, colorScheme }) => {
    test.each([
      "runs",
      "run?path=studies/reviews/runs/own-full-s42",
      "new?study=studies/reviews",
      "play",
      "data?path=audits/reviews/issues.csv",
    ])(
      "%s: axe finds nothing serious, nothing moves while it loads, nothing is wider than the page",
      async (place) => {
        const page = await open(place, { viewport: { width, height: 844 }, colorScheme });
        await page.evaluate(axe.source);
        const { violations } = (await page.evaluate(
          "axe.run(document, { resultTypes: ['violations'] })",
        )) as axe.AxeResults;
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        expect(await page.evaluate(SHIFTS)).toBeLessThan(0.05);
        await page.context().close();
      },
      120_000,
    );
  });

  test("texts and labels have run nowhere, and the page has asked nobody else", async () => {
    const page = await open("runs?show=studies/reviews/runs/own-full-s42");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.reload();
    await page.locator("main h1").first().waitFor({ state: "attached" });
    expect([...new Set(asked)]).toEqual([new URL(address).origin]);
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.evaluate(() => "wasRun" in globalThis)).toBe(false);
    expect(problems).toEqual([]);
  }, 120_000);
});

function endProcess(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}

/** In the page: how much of what was seen has moved by itself since it began to load. */
const SHIFTS = `new Promise((resolve) => {
  let sum = 0;
  const add = (list) => { for (const { value } of list.getEntries()) sum += value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})`;

/** Four issues about the first rows, as `attune audit` writes them. */
function writeAudit(texts: readonly string[]): void {
  const labels = ["fine", EVIL].sort();
  const issues = texts.slice(0, 4).map((text, i): AuditIssue => {
    const given = i % 2 ? "fine" : EVIL;
    return {
      split: "all",
      row: i + 1,
      kind: "label",
      score: 0.9 - i / 10,
      id: `row-${i}`,
      where: `reviews.csv, line ${i + 2}`,
      text,
      given,
      suggested: given === "fine" ? EVIL : "fine",
      probability: 0.9,
      givenProbability: 0.1,
      why: "Models that have not seen it give its label a probability of 0.10.",
      similar: [{ split: "all", row: 9, text: texts[8]!, label: EVIL, similarity: 0.97 }],
      textHash: textHash([text]),
    };
  });
  makeFolder(join(folder, "audits/reviews"));
  writeFileSync(join(folder, "audits/reviews/issues.csv"), issuesCsv(issues));
  writeFileSync(join(folder, "audits/reviews/audit.json"), JSON.stringify({ data: "reviews.csv", labels, issues }));
}
