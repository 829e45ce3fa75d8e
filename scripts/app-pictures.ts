/** Pictures of the application for the documentation: a folder with a finished study and an audit, seen in Chromium. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";

interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
  readonly place: string;
  /** Brings the page to what is shown. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const MOST_RUNS = 4;
/** Milliseconds: each model is opened first. */
const TIMEOUT = 180_000;
const SENTENCE = "I did not see that coming, and I am so glad that you came";

const pictures = (study: string, runs: readonly string[]): Picture[] => [
  {
    name: "app-runs",
    width: 1280,
    height: 740,
    colorScheme: "light",
    place: `runs?study=${study}&${runs.map((name) => `show=${study}/runs/${name}`).join("&")}`,
    prepare: (page) => page.getByRole("img", { name: /^Training loss, last values/ }).waitFor(),
  },
  {
    name: "app-play",
    width: 1280,
    height: 860,
    colorScheme: "dark",
    place: "play",
    prepare: async (page) => {
      await page.getByLabel("A text").fill(SENTENCE);
      await page.locator("mark").first().waitFor();
      await page.getByRole("row").last().locator(".score").first().waitFor();
    },
  },
  {
    name: "app-data",
    width: 390,
    height: 844,
    colorScheme: "light",
    place: "data?path=audits/emotions/issues.csv",
    prepare: (page) => page.getByRole("article").waitFor(),
  },
];

/**
 * @param command words that run Attune
 * @param folder with a study of `attune demo` and an audit in `audits/emotions`
 */
export async function appPictures(
  command: readonly string[],
  folder: string,
  study: string,
  images: string,
): Promise<void> {
  const { runs } = JSON.parse(readFileSync(join(folder, study, "study.json"), "utf8")) as {
    runs: { name: string; method: string }[];
  };
  const shown = runs.filter(({ method }) => method !== "none").slice(0, MOST_RUNS);
  const [program, ...words] = command as [string, ...string[]];
  const server = spawn(program, [...words, "app", folder, "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    for (const { name, width, height, colorScheme, place, prepare } of pictures(
      study,
      shown.map(({ name: run }) => run),
    )) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      page.setDefaultTimeout(TIMEOUT);
      await page.goto(`${String(line).trim()}#/${place}`);
      await prepare?.(page);
      // Where the folder of the pictures is says nothing.
      await page.locator(".folder").evaluate((place: { textContent: string }) => {
        place.textContent = "~/project";
      });
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(images, `${name}.png`) });
      await context.close();
    }
  } finally {
    await browser.close();
    server.kill();
  }
}
