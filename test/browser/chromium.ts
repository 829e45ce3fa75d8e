/** The Chromium of this machine, for tests of what people see. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));

export const hasChromium = executablePath !== undefined;

/** "in Chromium", or why there is none. */
export const inChromium = hasChromium
  ? "in Chromium"
  : "in Chromium (skipped: none at /usr/bin/chromium; CHROMIUM names another)";

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", "--disable-gpu"] });
