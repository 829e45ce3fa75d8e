/** The N-th run of a study in a store, on this machine: for schedulers that number their tasks, without a queue. */
import { AttuneError } from "../base/error.ts";
import { usableThreads } from "../base/thread-count.ts";
import { claimRun } from "./claim.ts";
import { openShared } from "./shared-place.ts";
import { doSharedRun, type SharedRunEvents } from "./shared-run.ts";
import { runPrefix, studyOf } from "./shared-study.ts";
import type { MachineOptions } from "./worker-options.ts";

/**
 * Does a run, or waits for the machine that does it already, until it is published.
 *
 * @throws AttuneError with `kind` "input" where it would fail again on any machine, "failure" where this machine failed it,
 * "interrupted" after `signal`
 */
export async function runPlanned(
  given: string,
  index: number,
  { threads, name: worker, work, leaseSeconds, stillSeconds }: MachineOptions,
  events: SharedRunEvents,
  signal: AbortSignal,
): Promise<string> {
  const shared = await openShared(given);
  const { runs, plan } = await studyOf(shared);
  const run = runs[index];
  if (!run)
    throw new AttuneError(
      "study/no-run",
      `${given}: there is no run ${index}; this study has the runs 0 to ${runs.length - 1}`,
    );
  const { name } = run;
  const stopped = () =>
    new AttuneError("study/interrupted", `${name}: stopped; the same command goes on`, "interrupted");
  const claim = await claimRun(shared.store, runPrefix(shared.id, name), worker, leaseSeconds, signal);
  if (!claim) {
    if (signal.aborted) throw stopped();
    return name;
  }
  try {
    const most = threads ?? usableThreads();
    const setting = {
      worker: { name: worker, atOnce: 1 },
      threads: Math.min(plan.threads ?? most, most),
      work,
      stillSeconds,
    };
    const end = await doSharedRun(shared, run, setting, events, AbortSignal.any([signal, claim.lost]));
    if (end.status === "failed")
      throw new AttuneError("study/run-failed", `${name}: ${end.reason}`, end.isMachines ? "failure" : "input");
    if (end.status === "interrupted" && signal.aborted) throw stopped();
    if (end.status === "interrupted")
      throw new AttuneError("study/claim-lost", `${name}: another machine has taken this run over`, "failure");
    return name;
  } finally {
    await claim.release();
  }
}
