/** What commands share that begin a run from options, or go on with one. */
import type { Command } from "commander";
import type { Spell } from "../base/check-options.ts";
import { flagOf } from "../base/command-text.ts";
import { openTracker } from "../track/open-tracker.ts";
import { Tracking } from "../track/tracking.ts";
import { readConfigFile } from "./config-file.ts";
import { requireAlone } from "./require-alone.ts";

interface Flags {
  readonly config?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
  readonly track?: Tracking;
  readonly [option: string]: unknown;
}

/** What does not change what a run does. */
export interface RunManner {
  readonly quiet: boolean;
  /** Only where the command has `--track`. */
  readonly tracking: Tracking | undefined;
}

export interface RunActions {
  /** Begins with what was given on the command line and in a file; `spell` says how an option was written. */
  begin(given: Readonly<Record<string, unknown>>, spell: Spell, how: RunManner): Promise<void>;
  goOn(run: string, how: RunManner): Promise<void>;
}

/** Adds `--config`, `--resume` and `--quiet`, and what the command does. */
export function addRunActions(command: Command, { begin, goOn }: RunActions): void {
  command
    .option("--config <file>", "read options from a YAML file, by the same names; flags override it")
    .option("--resume <run>", "continue an interrupted run with its own options")
    .option("--quiet", "print nothing but errors")
    .action(async ({ config, resume: run, quiet = false, track: tracking, ...given }: Flags) => {
      if (run !== undefined) {
        requireAlone("--resume", { config, ...given }, "a run keeps its options");
        return goOn(run, { quiet, tracking });
      }
      const fromFile = config === undefined ? {} : readConfigFile(config);
      const spell = (key: string) => (key in given || !(key in fromFile) ? flagOf(key) : `${key} in ${config}`);
      return begin({ ...fromFile, ...given }, spell, { quiet, tracking });
    });
}

/** `--track`: where the curves of runs go besides their folders. */
export const addTrackFlag = (command: Command): Command =>
  command.option(
    "--track <where>",
    "show curves in tensorboard (event files in the run's folder), or at a server: trackio=URL, mlflow=URL",
    (given) => new Tracking(openTracker(given)),
  );
