/** `--track`: where the curves of runs go besides their folders. */
import type { Command } from "commander";
import { openTracker } from "../track/open-tracker.ts";
import { Tracking } from "../track/tracking.ts";

export const addTrackFlag = (command: Command): Command =>
  command.option(
    "--track <where>",
    "show curves in tensorboard (event files in the run's folder), or at a server: trackio=URL, mlflow=URL",
    (given) => new Tracking(openTracker(given)),
  );
