/** A study followed to its end on the terminal, with its report behind it. */
import { AttuneError } from "../base/error.ts";
import type { CompareDoneEvent, CompareEvent } from "../study/compare-events.ts";
import { type Tracking, trackStudy } from "../track/tracking.ts";
import { CompareView } from "./compare-view.ts";
import { report } from "./report-study.ts";
import { writeOut } from "./write-text.ts";

/**
 * Shows what happens, then the table and where the report is.
 *
 * @throws AttuneError where runs failed, behind the report of the others
 */
export async function followStudy(
  events: AsyncIterable<CompareEvent>,
  out: string,
  quiet: boolean,
  tracking?: Tracking,
): Promise<void> {
  const view = quiet ? undefined : new CompareView(process.stderr);
  let done: CompareDoneEvent | undefined;
  try {
    for await (const event of tracking ? trackStudy(events, tracking) : events) {
      view?.show(event);
      if (event.type === "done") done = event;
    }
  } finally {
    view?.end();
  }
  if (!done) return;
  const { finished, failed } = done;
  if (!quiet) writeOut("\n");
  if (Object.keys(finished).length > 0) await report([out], out, { quiet });
  if (failed.length > 0) {
    const others = Object.keys(finished).length;
    throw new AttuneError(
      "study/failed",
      `${failed.length} of ${others + failed.length} runs failed (${failed[0]!.name}: ${failed[0]!.reason.split("\n")[0]}); ` +
        `${others > 0 ? "the others are finished; " : ""}try again with: attune compare --resume ${out}`,
      "failure",
    );
  }
}
