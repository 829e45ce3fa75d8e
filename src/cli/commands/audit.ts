/** `attune audit`: looks for what is wrong with labelled texts, and writes them as a review wants them. */
import type { Command } from "commander";
import { type ApplyOptions, applyReview } from "../../audit/apply-review.ts";
import { audit } from "../../audit/audit.ts";
import { auditOptions } from "../../audit/audit-options.ts";
import { requireNoAudit, writeAudit } from "../../audit/write-audit.ts";
import { flagOf } from "../../base/command-text.ts";
import { AttuneError } from "../../base/error.ts";
import { grouped } from "../../base/format.ts";
import { DATA, dataOptions } from "../../tables/table-options.ts";
import { showAudit } from "../audit-progress.ts";
import { auditSummary } from "../audit-summary.ts";
import { showFetch } from "../hub-progress.ts";
import { addFlags } from "../option-flags.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeOut } from "../write-text.ts";

const OUT = "audit";

interface Flags {
  readonly out?: string;
  readonly apply?: string;
  readonly quiet?: boolean;
  readonly [option: string]: unknown;
}

export function auditCommand(command: Command): void {
  command.argument("<data>", DATA);
  addFlags(command, auditOptions.omit({ data: true }));
  command
    .option("--out <path>", `folder to write the audit to (default: ${OUT}); with --apply, a new file or folder`)
    .option("--apply <file>", "write the data with the decisions of a review: issues.csv with decisions filled in")
    .option("--quiet", "print nothing but errors and the path of what was written")
    .action(async (data: string, { out, apply, quiet = false, ...given }: Flags) => {
      if (apply !== undefined) return applyDecisions(data, apply, out, given);
      const folder = out ?? OUT;
      requireNoAudit(folder);
      const events = audit({ ...given, data }, { signal: stopSignal(), spell: flagOf });
      const { result } = await showAudit(events, quiet);
      const page = writeAudit(result, folder);
      writeOut(quiet ? `${page}\n` : `${auditSummary(result, folder)}\n`);
    });
}

/** What of the options says where the data are and how they are read. */
const READING = ["dataRevision", "configName", ...Object.keys(dataOptions.shape)];

async function applyDecisions(
  data: string,
  review: string,
  out: string | undefined,
  given: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (out === undefined)
    throw new AttuneError(
      "options/missing",
      "the option --out is missing: the new file, or the new folder, that the reviewed data are written to",
    );
  const unused = Object.keys(given).find((key) => !READING.includes(key));
  if (unused !== undefined)
    throw new AttuneError("options/unused", `${flagOf(unused)} has no effect with --apply; leave it out`);
  const options = { ...given, data, review, out, signal: stopSignal(), onFetch: showFetch() } as ApplyOptions;
  const { files, rows, relabelled, removed, undecided } = await applyReview(options);
  const changes = `${grouped(relabelled)} relabelled, ${grouped(removed)} removed, ${grouped(undecided)} lines without a decision`;
  writeOut(`${files.join("\n")}\n${grouped(rows)} rows: ${changes}; the originals are as they were\n`);
}
