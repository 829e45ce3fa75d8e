/** What there is in the application's folder. Only what changed since the last time is read. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { holderOf } from "../base/file-lock.ts";
import type { Study } from "../study/study.ts";
import { readStudyFile } from "../study/study-file.ts";
import { readFailures } from "../study/study-folder.ts";
import type { FolderListing, RunRow, StudyRow, WorkState } from "./app-types.ts";
import { type InStudy, runRow } from "./run-row.ts";
import { scanFolder } from "./scan-folder.ts";

interface KeptRow {
  readonly changed: number;
  readonly row: RunRow;
}

interface KeptStudy {
  readonly changed: number;
  readonly study: Study;
}

export class FolderList {
  readonly #folder: string;
  #runs = new Map<string, KeptRow>();
  #studies = new Map<string, KeptStudy>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All of it but for jobs, which the folder does not know of. */
  list(): Omit<FolderListing, "jobs"> {
    const scan = scanFolder(this.#folder);
    const studies = new Map(scan.studies.map((path) => [path, this.#study(path)]));
    const rows = scan.runs.flatMap((path) => this.#row(path, studies) ?? []);
    this.#runs = new Map(rows.map(({ row, changed }) => [row.path, { row, changed }]));
    const runs = rows.map(({ row }) => row);
    return {
      folder: this.#folder,
      runs,
      studies: [...studies].map(([path, study]) => this.#studyRow(path, study, runs)),
      tables: scan.tables,
      models: scan.models,
      issues: scan.issues,
      isCut: scan.isCut,
    };
  }

  /** One run as it is now. */
  row(path: string): RunRow {
    const study = studyPathOf(path);
    const inStudy = study === undefined || !existsSync(join(this.#folder, study, "study.json")) ? [] : [study];
    return runRow(this.#folder, path, inStudyOf(path, new Map(inStudy.map((one) => [one, this.#study(one)]))));
  }

  #row(path: string, studies: ReadonlyMap<string, Study | Error>): KeptRow | undefined {
    try {
      const changed = statSync(join(this.#folder, path, "run.json")).mtimeMs;
      const kept = this.#runs.get(path);
      if (kept?.changed === changed && kept.row.state !== "running") return kept;
      return { changed, row: runRow(this.#folder, path, inStudyOf(path, studies)) };
    } catch {
      return undefined; // It has just gone.
    }
  }

  #study(path: string): Study | Error {
    try {
      const changed = statSync(join(this.#folder, path, "study.json")).mtimeMs;
      const kept = this.#studies.get(path);
      if (kept?.changed === changed) return kept.study;
      const study = readStudyFile(join(this.#folder, path));
      this.#studies.set(path, { changed, study });
      return study;
    } catch (error) {
      return error as Error;
    }
  }

  #studyRow(path: string, study: Study | Error, rows: readonly RunRow[]): StudyRow {
    const folder = join(this.#folder, path);
    const hasReport = existsSync(join(folder, "report.html"));
    if (study instanceof Error) {
      const nothing = { model: "", data: "", began: "", runs: 0, done: 0, failed: [], command: "" };
      return { path, state: "unreadable", reason: study.message, ...nothing, hasReport };
    }
    const done = rows.filter((row) => row.study === path && row.state === "done").length;
    const failed = readFailures(folder);
    const { model, data, began, command } = study;
    const runs = study.runs.length;
    return {
      path,
      state: stateOf(folder, runs, done, failed.length),
      model,
      data,
      began,
      runs,
      done,
      failed,
      hasReport,
      command,
    };
  }
}

function stateOf(folder: string, runs: number, done: number, failed: number): WorkState {
  if (holderOf(folder)) return "running";
  if (done === runs) return "done";
  return done + failed === runs ? "failed" : "interrupted";
}

/** The study in whose folder `runs` a run stands. */
function studyPathOf(path: string): string | undefined {
  const found = /^(?:(.*)\/)?runs\/[^/]+$/.exec(path);
  return found ? (found[1] ?? ".") : undefined;
}

function inStudyOf(path: string, studies: ReadonlyMap<string, Study | Error>): InStudy | undefined {
  const above = studyPathOf(path);
  const study = above === undefined ? undefined : studies.get(above);
  if (above === undefined || study === undefined) return undefined;
  const name = path.split("/").at(-1);
  return { path: above, planned: study instanceof Error ? undefined : study.runs.find((run) => run.name === name) };
}
