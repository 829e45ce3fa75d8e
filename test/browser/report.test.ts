/** A report in headless Chromium, used as a person would: what is seen, found, chosen, opened, and harmless. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareStudy } from "../../src/comparison/compare-study.ts";
import type { Comparison } from "../../src/comparison/comparison.ts";
import { writeReport } from "../../src/report/write-report.ts";
import { fabricatedSettings, fabricateStudy } from "../study.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { hasChromium, inChromium, launchChromium } from "./chromium.ts";

const { folder } = scratchFolder();
const HOSTILE_LABEL = `<img src=x onerror="window.harmed = 1">`;
const HOSTILE_TEXT = `</script><script>window.harmed = 2</script><b onmouseover=alert(1)>`;
const TEXTS = 20_000;

let browser: Browser;
let page: Page;
const problems: string[] = [];

/** A study of a few settings whose list of errors has 20,000 texts. */
async function manyErrors(): Promise<Comparison> {
  const settings = fabricatedSettings("tuned").slice(1, 4);
  const labels = ["anger", HOSTILE_LABEL, "love"];
  const comparison = await compareStudy([fabricateStudy(join(folder({}), "study"), { settings, labels, texts: 60 })]);
  const [full, probe, lora] = comparison.settings.map(({ id }) => id);
  const answer = (said: string, label: string, confidence: number) => ({ said, right: said === label, confidence });
  const wrongTexts = Array.from({ length: TEXTS }, (_, i) => {
    const label = labels[i % 3]!;
    return {
      id: `id-${i}`,
      text: i === 7 ? HOSTILE_TEXT : `text number ${i} of a long list`,
      label,
      answers: {
        [full!]: answer(labels[(i + 1) % 3]!, label, 0.3 + (i % 700) / 1000),
        [probe!]: answer(labels[(i + (i % 2)) % 3]!, label, 0.5),
        [lora!]: answer(label, label, 0.9),
      },
    };
  });
  return { ...comparison, wrongTexts };
}

describe.skipIf(!hasChromium)(inChromium, () => {
  beforeAll(async () => {
    const report = writeReport(await manyErrors(), folder({}));
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

  const list = () => page.locator("#wrong-answers");
  const chosen = (title: string) =>
    list()
      .locator("label", { hasText: new RegExp(`^${title}`) })
      .locator("select")
      .inputValue();
  const status = () => list().getByRole("status").textContent();
  const firstRows = () =>
    list()
      .locator(".rows-item")
      .evaluateAll((rows) => rows.map((row) => row.textContent ?? ""));

  test("nothing of the data is run, and nothing is asked of any network", async () => {
    expect(await page.evaluate(() => Reflect.get(globalThis, "harmed"))).toBeUndefined();
    expect(await page.locator("img, b[onmouseover]").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("of 20,000 texts only those are drawn that are seen", async () => {
    expect(await status()).toBe("20,000 of 30,000 wrong answers");
    expect((await firstRows()).length).toBeLessThan(40);
    const rows = list().getByRole("table");
    await rows.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect.poll(async () => (await firstRows()).at(-1)).toContain("30.0 %");
    expect((await firstRows()).length).toBeLessThan(40);
    await rows.evaluate((element) => element.scrollTo(0, 0));
  });

  test("texts are searched by all words, and by id", async () => {
    await list().getByLabel("Search").fill("NUMBER 1999");
    expect(await status()).toBe("12 of 30,000 wrong answers"); // 1999, 11999, and 19990 to 19999.
    await list().getByLabel("Search").fill("id-7");
    await list().getByLabel("Search").fill("window.harmed");
    expect(await firstRows()).toEqual([expect.stringContaining(HOSTILE_TEXT)]);
    await list().getByLabel("Search").fill("");
  });

  test("rows are sorted by a click on a title", async () => {
    const confidence = list().getByRole("columnheader", { name: "Confidence" });
    expect(await confidence.getAttribute("aria-sort")).toBe("descending");
    expect((await firstRows())[0]).toContain("99.9 %");
    await confidence.getByRole("button").click();
    expect(await confidence.getAttribute("aria-sort")).toBe("ascending");
    expect((await firstRows())[0]).toContain("30.0 %");
    await confidence.getByRole("button").click();
  });

  test("a click on a cell of the confusion matrix shows its texts", async () => {
    const cell = page.locator('#confusion [data-choose^="wrong-answers 1=0 2=1"]').first();
    await cell.click();
    expect(await chosen("Label")).toBe("0");
    expect(await chosen("Answer")).toBe("1");
    expect(await status()).toBe("6,667 of 30,000 wrong answers");
    for (const row of await firstRows()) expect(row).toContain("anger");
  });

  test("keys go from row to row, and open one with what the methods say", async () => {
    const rows = list().getByRole("table");
    await rows.focus();
    await page.keyboard.press("ArrowDown");
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowDown");
    const focused = page.locator(":focus");
    expect(await focused.getAttribute("aria-label")).toBe("Details of row 31");
    await page.keyboard.press("Enter");
    expect(await page.locator(":focus").getAttribute("aria-expanded")).toBe("true");
    const details = list().locator(".rows-details");
    expect(await details.getByRole("row").count()).toBeGreaterThanOrEqual(4);
    expect(await details.textContent()).toMatch(
      /Id: id-\d+.*What the methods say.*LoRA, rank 2.*anger.*90\.0 %.*right/,
    );
    await page.keyboard.press("Enter");
    expect(await details.count()).toBe(0);
  });

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)(
    "axe-core finds nothing serious, and nothing is wider than the page: %s, %i px",
    async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(problems).toEqual([]);
    },
  );
});
