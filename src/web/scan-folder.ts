/** Looks through the application's folder: runs, studies, tables, models and lists of issues, by the names of their files alone. */
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { isTable } from "../tables/open-table.ts";
import { splitOfFile } from "../tables/split-files.ts";

/** Paths from the folder, with "/" between their parts, in alphabetical order. */
export interface Scan {
  readonly runs: string[];
  readonly studies: string[];
  readonly tables: string[];
  readonly models: string[];
  readonly issues: string[];
  /** Whether there is more than is looked at. */
  isCut: boolean;
}

const DEEPEST = 8;
const MOST_ENTRIES = 50_000;
/** JSON that is about a project and no table. */
const SETTINGS = /^(package(-lock)?|[jt]sconfig.*|config|biome|.*[._-](schema|config))\.json$/i;
const WEIGHTS = /\.safetensors$|^pytorch_model.*\.bin$/;
const ISSUES = /(^|[-_.])issues\.csv$/i;

export function scanFolder(folder: string): Scan {
  const scan: Scan = { runs: [], studies: [], tables: [], models: [], issues: [], isCut: false };
  let left = MOST_ENTRIES;
  const visit = (path: string, depth: number): void => {
    const entries = entriesOf(join(folder, path));
    left -= entries.length;
    if (left < 0 || depth > DEEPEST) {
      scan.isCut = true;
      return;
    }
    const at = (name: string) => (path === "" ? name : `${path}/${name}`);
    const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
    if (files.has("run.json")) return void scan.runs.push(path || ".");
    const folders = entries.filter((entry) => entry.isDirectory() && !isPassedOver(entry.name)).map(({ name }) => name);
    for (const name of files) if (ISSUES.test(name)) scan.issues.push(at(name));
    if (files.has("study.json")) {
      scan.studies.push(path || ".");
      if (folders.includes("runs")) visit(at("runs"), depth + 1);
      return;
    }
    if (files.has("config.json") && [...files].some((name) => WEIGHTS.test(name)))
      return void scan.models.push(path || ".");
    const tables = [...files].filter((name) => isTable(name) && !SETTINGS.test(name) && !ISSUES.test(name));
    // Splits belong together.
    if (tables.some((name) => splitOfFile(name)?.meaning === "train")) scan.tables.push(path || ".");
    else scan.tables.push(...tables.map(at));
    for (const name of folders) visit(at(name), depth + 1);
  };
  visit("", 0);
  return scan;
}

const isPassedOver = (name: string): boolean =>
  name.startsWith(".") || name === "node_modules" || name.endsWith(".partial");

/** Links are not followed: what they lead to may be elsewhere. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return []; // It has just gone, or may not be read.
  }
}
