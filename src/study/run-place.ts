/** Where runs are done: by the processes of this machine, or by the workers of a queue. A study does not care which. */
import type { NoticeEvent, RunEvent, RunStartEvent } from "./compare-events.ts";
import type { StudyInput } from "./data-facts.ts";
import type { RunOutcome } from "./run-process.ts";
import type { PlannedRun, Study } from "./study.ts";

/** What a place says of a run: that it began, and what happens in it. */
export type PlacedRunEvent = RunStartEvent | RunEvent | NoticeEvent;

export interface RunPlace {
  /** Runs that it can have under way at once. Whoever gives it more waits longer, and nothing else. */
  readonly atOnce: number;
  /** Names of runs that somebody has done: they are brought, which takes no time to speak of. @default none */
  readonly published?: ReadonlySet<string>;
  /**
   * Does one run to its end, or to where it pauses, from wherever it stands; its folder is then in the study. After `signal` it stops behind its
   * step, with a checkpoint. It says "run-start" when the run begins, which may be long after this is called.
   *
   * @throws AttuneError where the place itself is lost, and no run can be done any more
   */
  do(run: PlannedRun, say: (event: PlacedRunEvent) => void, signal: AbortSignal): Promise<RunOutcome>;
  close(): Promise<void>;
}

/** Where runs stand on this machine. */
export interface RunFolders {
  readonly path: string;
  /** Where runs keep what others can use. */
  readonly sharedPath: string;
  /** The folder of all runs. */
  readonly runsPath: string;
  runPath(name: string): string;
  /** By which one process at a time works on a run. */
  runLock(name: string): string;
  isBegun(name: string): boolean;
}

/** What a place needs to know. */
export interface PlacedStudy {
  readonly folder: RunFolders;
  readonly study: Study;
  readonly input: StudyInput;
}

export type OpenPlace = (study: PlacedStudy) => Promise<RunPlace>;
