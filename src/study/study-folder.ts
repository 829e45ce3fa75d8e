/** The folder of a study on disk: made, opened, locked, and asked how far each run is. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { type Lock, lockFolder } from "../base/file-lock.ts";
import { discard } from "../base/partial-name.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import { RunFolder } from "../run/run-folder.ts";
import type { RunResult } from "../run/run-result.ts";
import { DATA_FACTS, type DataFacts } from "./data-facts.ts";
import { planText } from "./plan-file.ts";
import type { RunFolders } from "./run-place.ts";
import type { FailedRun, Study } from "./study.ts";
import { failedShape, isStudy, readStudyJson, STUDY } from "./study-file.ts";

export const PLAN = "plan.yaml";
/** What a study that was stopped while its folder was made has left there: locks, its plan, whole or not, and no run. */
const BEGINNING = /^(lock\.json|plan\.yaml|study\.json)(\.[0-9a-f]{8}-\d+-\d+-[0-9a-f]+\.partial)?$/;

/** Whether a study was stopped there before it had more than its plan. */
export const hasOnlyPlan = (path: string): boolean =>
  existsSync(join(path, PLAN)) && !isStudy(path) && isBarelyBegun(path);

function isBarelyBegun(path: string): boolean {
  return readdirSync(path).every(
    (name) =>
      (name === PLAN
        ? readFileSync(join(path, name), "utf8").startsWith("# yaml-language-server:")
        : BEGINNING.test(name)) ||
      (name === "runs" && readdirSync(join(path, name)).length === 0),
  );
}

/** Why runs of a study did not come to their end; a file that cannot be read says nothing. */
export function readFailures(path: string): FailedRun[] {
  const folder = join(path, "failed");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names.flatMap((name) => {
    try {
      return [readStudyJson<FailedRun>(join(folder, name), failedShape)];
    } catch {
      return [];
    }
  });
}

export class StudyFolder implements RunFolders {
  readonly path: string;
  readonly #lock: Lock;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /** The folder of a new study, or of one that goes on, which nobody else works in until it is closed. */
  static open(path: string): StudyFolder {
    try {
      makeFolder(path);
      if (!isStudy(path) && !isBarelyBegun(path))
        throw new AttuneError("study/exists", `${path}: this folder exists and holds no study; choose another --out`);
      return new StudyFolder(path, lockFolder(path));
    } catch (error) {
      if (error instanceof AttuneError) throw error;
      throw new AttuneError(
        "study/create",
        `${path}: a study cannot be written here (${(error as Error).message}); ${isStudy(path) ? "put that right" : "choose another --out"}`,
        "input",
        { cause: error },
      );
    }
  }

  write(study: Study): void {
    // First what makes it a study: one that is stopped from here on goes on.
    writeWhole(join(this.path, STUDY), `${JSON.stringify(study, null, 2)}\n`);
    writeWhole(join(this.path, PLAN), planText(study.plan));
    mkdirSync(join(this.path, "runs"), { recursive: true });
  }

  get runsPath(): string {
    return join(this.path, "runs");
  }

  runPath(name: string): string {
    return join(this.runsPath, name);
  }

  /** Removes what a run needed only to go on: of a big model that is most of its folder. */
  dropCheckpoints(name: string): void {
    discard(join(this.runPath(name), "checkpoints"));
  }

  get sharedPath(): string {
    return join(this.path, "shared");
  }

  /** Keeps what the data are, unless that is known. */
  keepDataFacts(describe: () => DataFacts): void {
    if (!existsSync(join(this.path, DATA_FACTS)))
      writeWhole(join(this.path, DATA_FACTS), `${JSON.stringify(describe(), null, 2)}\n`);
  }

  runLock(name: string): string {
    return join(this.path, "runs", `${name}.lock`);
  }

  isBegun(name: string): boolean {
    return existsSync(join(this.runPath(name), "run.json"));
  }

  /** What a run measured, where it has come to its end. */
  resultOf(name: string): RunResult | undefined {
    if (!this.isBegun(name) || this.#readRun(name, "run.json").status !== "done") return undefined;
    return this.#readRun(name, "result.json") as unknown as RunResult;
  }

  #readRun(name: string, file: string): Readonly<Record<string, unknown>> {
    return RunFolder.open(this.runPath(name)).readJson(file);
  }

  /** Keeps why a run failed; where even that cannot be written, its events have said it. */
  noteFailure(failed: FailedRun): void {
    try {
      mkdirSync(join(this.path, "failed"), { recursive: true });
      writeWhole(join(this.path, "failed", `${failed.name}.json`), `${JSON.stringify(failed, null, 2)}\n`);
    } catch {
      // The disk is full, or worse; the runs that are finished stay as they are.
    }
  }

  forgetFailure(name: string): void {
    discard(join(this.path, "failed", `${name}.json`));
  }

  close(): void {
    this.#lock.release();
  }
}
