/** Runs on this machine, each in a process of its own. */
import type { OpenPlace } from "./run-place.ts";
import { runInProcess } from "./run-process.ts";

export const localRuns: OpenPlace = async ({ folder, study, input: { sources } }) => ({
  atOnce: study.plan.jobs,
  do: (run, say, signal) => {
    const { name, options, untilEpoch } = run;
    say({ type: "run-start", run, isResumed: folder.isBegun(name) });
    const job = {
      out: folder.runPath(name),
      options: { ...options, threads: study.threads },
      sources,
      lock: folder.runLock(name),
      shared: folder.sharedPath,
      ...(untilEpoch !== undefined && { untilEpoch }),
    };
    return runInProcess(job, (event) => say({ type: "run-event", name, event }), signal);
  },
  close: async () => {},
});
