/** The table of results of a report as PNG, drawn by a Chromium that is on the machine. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const WIDTH = 900;
const MARGIN = 24;

/** @throws Error where there is no Chromium; the variable CHROMIUM names one */
export function reportPicture(report: string, out: string): void {
  const html = readFileSync(report, "utf8");
  const style = /<style>[\s\S]*?<\/style>/.exec(html)![0];
  const section = /<section id="results">[\s\S]*?<\/section>/.exec(html)![0];
  // The page says how high it must be to end below the table.
  const measure = `document.title = Math.ceil(document.querySelector("table").getBoundingClientRect().bottom + ${MARGIN})`;
  const page = `<!doctype html><meta charset="utf-8">${style}<style>body { display: block; padding: ${MARGIN}px } section { border: 0; padding: 0 } h2 { border: 0; margin: 0 }</style>
<body><main>${section}</main><script>${measure}</script>`;
  const folder = mkdtempSync(join(tmpdir(), "attune-picture-"));
  try {
    const file = join(folder, "page.html");
    writeFileSync(file, page);
    const chromium = (...args: readonly string[]) =>
      execFileSync(
        process.env.CHROMIUM ?? "chromium",
        [
          ...["--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=2"],
          ...[`--user-data-dir=${folder}`, ...args, pathToFileURL(file).href],
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
    const dom = chromium(`--window-size=${WIDTH},1000`, "--dump-dom");
    const height = /<title>(\d+)<\/title>/.exec(dom)![1]!;
    chromium(`--window-size=${WIDTH},${height}`, `--screenshot=${out}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
