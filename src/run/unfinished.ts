/** What a run must be that is to go on: of the command that was called, not finished, and with the input that it began with. */
import { AttuneError } from "../base/error.ts";
import { IN_MEMORY } from "../tables/texts-in-memory.ts";
import type { RunStatus } from "./run-facts.ts";
import type { RunFolder } from "./run-folder.ts";

type Stored<Facts> = Facts & { readonly status: RunStatus; readonly kind?: string };

/**
 * run.json of a run that `command` can go on with.
 *
 * @throws AttuneError where it is another command's, or finished
 */
export function unfinished<Facts>(folder: RunFolder, command: "train" | "pretrain"): Stored<Facts> {
  const { path } = folder;
  const found = folder.readJson<Stored<Facts>>("run.json");
  const { kind = "train", status } = found;
  if (kind !== command)
    throw new AttuneError("run/other-kind", `${path}: this is a run of ${kind}; go on with: attune ${kind} --resume`);
  if (status === "done")
    throw new AttuneError("run/done", `${path}: this run is finished; its results are in result.json`);
  return found;
}

/** The error where the model, data or text in `where` is another than it was. */
export const changedSince = (path: string, what: string, where: string): AttuneError =>
  where === IN_MEMORY
    ? new AttuneError(
        "run/changed",
        `${path}: these are other texts than those of this run; give the same, or train anew`,
      )
    : new AttuneError("run/changed", `${path}: the ${what} in ${where} changed since this run began; train anew`);
