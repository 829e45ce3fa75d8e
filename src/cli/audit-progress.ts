/** An audit on the terminal while it goes on: one live line. */

import type { AuditDoneEvent, AuditEvent, AuditStage } from "../audit/audit-result.ts";
import { grouped } from "../base/format.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";

const BAR_WIDTH = 24;

const STAGES: Readonly<Record<AuditStage, string>> = {
  features: "reading the texts",
  probabilities: "judging each fold by the others",
  neighbours: "finding similar texts",
  curve: "learning from parts of the data",
};

/** Consumes the events on standard error; gives the last. */
export async function showAudit(events: AsyncIterable<AuditEvent>, quiet: boolean): Promise<AuditDoneEvent> {
  const line = new LiveLine(process.stderr);
  const hub = new HubProgress(process.stderr);
  try {
    for await (const event of events) {
      if (event.type === "audited") return event;
      if (quiet) continue;
      if (event.type === "download" || event.type === "wait") hub.show(event);
      else if (event.type === "start") {
        for (const note of event.notes) line.say(note);
        const sizes = Object.entries(event.texts).map(([split, count]) =>
          split === "all" ? `${grouped(count)} texts` : `${grouped(count)} ${split}`,
        );
        line.say(`${sizes.join(", ")}; ${event.labels.length} labels`);
      } else {
        const { stage, done, total } = event;
        const filled = Math.round((BAR_WIDTH * done) / total);
        const state = `${STAGES[stage]} ${grouped(done)} of ${grouped(total)}`;
        line.show(
          () => `${"━".repeat(filled)}${"┄".repeat(BAR_WIDTH - filled)} ${state}`,
          () => state,
        );
      }
    }
  } finally {
    hub.end();
    line.end();
  }
  throw new Error("an audit ends with its result");
}
