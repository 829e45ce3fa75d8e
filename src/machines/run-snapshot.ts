/** A run's folder as it is at a checkpoint, while the run goes on in it. */
import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { discard } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { RunStatus } from "../run/run-facts.ts";

const CHECKPOINTS = "checkpoints";
/** The run may replace its checkpoint meanwhile, twice in a row hardly ever. */
const TRIES = 3;

/**
 * Brings into `into` what a run in `folder` needs to go on from its newest checkpoint; false where it has none, or has come to
 * its end meanwhile: then nothing goes on from it. All files but the events are replaced and never changed, so links keep them as
 * they are.
 */
export function takeSnapshot(folder: string, into: string): boolean {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const newest = namesIn(join(folder, CHECKPOINTS))
        .filter((name) => /^step-\d+-\d+$/.test(name))
        .sort()
        .at(-1);
      if (newest === undefined) return false;
      // What a checkpoint speaks of may be newer than it, and never older: so it comes first.
      for (const name of namesIn(join(folder, CHECKPOINTS, newest))) link(folder, into, CHECKPOINTS, newest, name);
      if (existsSync(join(folder, CHECKPOINTS, "best.safetensors")))
        link(folder, into, CHECKPOINTS, "best.safetensors");
      for (const name of namesIn(join(folder, "predictions"))) link(folder, into, "predictions", name);
      link(folder, into, "run.json");
      // A run that says so without its result could be neither gone on with nor published.
      const { status }: { readonly status?: RunStatus } = JSON.parse(readFileSync(join(into, "run.json"), "utf8"));
      if (status === "done") {
        discard(into);
        return false;
      }
      copyFileSync(join(folder, "events.jsonl"), join(into, "events.jsonl"));
      return true;
    } catch (error) {
      discard(into);
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return false;
}

const namesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".partial")) : [];

function link(folder: string, into: string, ...parts: readonly string[]): void {
  const [from, to] = [join(folder, ...parts), join(into, ...parts)];
  makeFolder(dirname(to));
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    copyFileSync(from, to); // Some file systems have no links.
  }
}
