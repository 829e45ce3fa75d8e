/**
 * `npm run pictures`: records a real `attune demo` for docs/images/demo.svg, and takes docs/images/report-table.png from the
 * report it ends with; and pictures of the application in its folder (docs/images/app-*.png). Needs tmux and Chromium. Options behind `--` go to the demo.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { appPictures } from "./app-pictures.ts";
import { recordTerminal } from "./record-terminal.ts";
import { reportPicture } from "./report-picture.ts";
import { terminalSvg } from "./terminal-svg.ts";

const COLUMNS = 98;

const repository = fileURLToPath(new URL("../", import.meta.url));
const images = join(repository, "docs/images");
// A project of somebody's, so that what is shown is what is run.
const project = mkdtempSync(join(tmpdir(), "attune-pictures-"));
try {
  mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
  writeFileSync(join(project, "package.json"), "{}");
  symlinkSync(join(repository, "dist/cli/main.js"), join(project, "node_modules/.bin/attune"));
  const command = ["npx attune demo", ...process.argv.slice(2)].join(" ");
  const screens = await recordTerminal(command, { cwd: project, columns: COLUMNS, rows: 33, screens: 14 });
  const report = join(project, "attune-demo/report.html");
  if (!existsSync(report)) throw new Error(`${command} came to no report:\n${screens.at(-1)!.lines.join("\n")}`);
  writeFileSync(join(images, "demo.svg"), terminalSvg(screens, COLUMNS));
  reportPicture(report, join(images, "report-table.png"));
  cpSync(join(repository, "data/emotions"), join(project, "emotions"), { recursive: true });
  const attune = [process.execPath, join(repository, "dist/cli/main.js")];
  const audit = [...attune.slice(1), "audit", "emotions", "--out", "audits/emotions", "--quiet"];
  execFileSync(attune[0]!, audit, { cwd: project, stdio: "ignore" });
  await appPictures(attune, project, "attune-demo", images);
} finally {
  rmSync(project, { recursive: true });
}
