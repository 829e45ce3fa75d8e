/** The report of a search in headless Chromium: harmless, readable by all, and no wider than a phone. */
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSearchReport } from "../../src/report/search/write-search-report.ts";
import { searched } from "../unit/report/search/searched.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { hasChromium, inChromium, launchChromium } from "./chromium.ts";

const { folder } = scratchFolder();
let browser: Browser;
let page: Page;
const problems: string[] = [];

describe.skipIf(!hasChromium)(inChromium, () => {
  beforeAll(async () => {
    const { search, entries } = searched();
    const report = writeSearchReport(search, entries, folder({}));
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) problems.push(request.url());
    });
    await page.goto(pathToFileURL(report).href);
  }, 120_000);

  afterAll(() => browser?.close());

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)(
    "axe-core finds nothing serious, nothing is too wide, nothing is run: %s, %i px",
    async (scheme, width) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 844 });
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(await page.evaluate("window.harmed")).toBeUndefined();
      expect(problems).toEqual([]);
    },
  );

  test("a trial says its values where a pointer comes near, on any of its axes", async () => {
    const point = page.locator("#trials figure svg path[fill]").nth(3);
    await point.hover({ force: true });
    await expect
      .poll(() => page.locator(".tip").textContent())
      .toMatch(/^t\d{3}: macro F1 0\.\d{4} in \d epochs?; learning rate /);
  });
});
