/** What studies say: the report as files, its table on the terminal. */
import { join } from "node:path";
import { diskError } from "../base/disk-error.ts";
import { compareStudy } from "../comparison/compare-study.ts";
import type { Comparison } from "../comparison/comparison.ts";
import { findNearest } from "../report/nearest-texts.ts";
import { resultTable } from "../report/terminal-table.ts";
import { writeReport } from "../report/write-report.ts";
import { isStudy } from "../study/study-file.ts";
import { afterStudy } from "./next-commands.ts";
import { writeOut } from "./write-text.ts";

/** Writes the report of `studies` into `folder` and prints where it is, with the table of results before it. */
export async function report(
  studies: readonly string[],
  folder: string,
  { quiet, nearest = false }: { readonly quiet: boolean; readonly nearest?: boolean },
): Promise<void> {
  const comparison = await compareStudy(studies);
  const { isTTY, columns } = process.stdout;
  const style = isTTY ? { colour: process.stdout.hasColors(), width: columns } : { colour: false };
  // Before what can fail: the table needs no place on the disk.
  if (!quiet) writeOut(`${resultTable(comparison, style)}\n\n`);
  const found = nearest ? await findNearest(comparison) : undefined;
  try {
    writeReport(comparison, folder, found);
  } catch (error) {
    throw diskError(
      error,
      folder,
      `put that right, and make the report with: attune report ${studies.join(" ")}${studies.length > 1 ? ` --out ${folder}` : ""}`,
    );
  }
  if (!quiet) writeOut(`${afterStudy(studies, recommendedRun(comparison, studies)).join("\n")}\n\n`);
  writeOut(`${join(folder, "report.html")}\n`);
}

/** The folder of the recommended setting's first run; of several studies it is not plain which one has it. */
function recommendedRun({ settings, recommended }: Comparison, studies: readonly string[]): string | undefined {
  const run = settings.find(({ id }) => id === recommended?.chosen)?.runs[0];
  const [study] = studies;
  if (!run || study === undefined || studies.length > 1) return undefined;
  return isStudy(study) ? join(study, "runs", run.planned.name) : study;
}
