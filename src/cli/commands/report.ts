/** `attune report`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { isSearch } from "../../search/search-folder.ts";
import { reportSearch } from "../report-search.ts";
import { report } from "../report-study.ts";
import { writeOut } from "../write-text.ts";

interface Flags {
  readonly out?: string;
  readonly quiet?: boolean;
  readonly nearest?: boolean;
}

export function reportCommand(command: Command): void {
  command
    .argument(
      "<study|run|search...>",
      "folders of studies, or of runs of train; several are merged into one report; or the folder of one search",
    )
    .option("--out <path>", "folder to write the report to (default: the folder of the study, run or search)")
    .option(
      "--nearest",
      "also find the training texts that are most like each that got a wrong answer; the encoder reads every text for it",
    )
    .option("--quiet", "print only the path of the report")
    .action(async (studies: readonly string[], { out, quiet = false, nearest = false }: Flags) => {
      if (studies.some(isSearch)) return ofSearch(studies, out, nearest);
      const folder = out ?? (studies.length === 1 ? studies[0]! : undefined);
      if (folder === undefined)
        throw new AttuneError(
          "options/missing",
          "a report of several studies needs a folder of its own; choose one with --out",
        );
      await report(studies, folder, { quiet, nearest });
    });
}

function ofSearch([path, ...others]: readonly string[], out: string | undefined, nearest: boolean): void {
  if (others.length > 0) throw new AttuneError("options/searches", "a search has a report of its own; name it alone");
  if (nearest)
    throw new AttuneError(
      "options/unused",
      "--nearest has no effect on the report of a search; the one of its best trial has wrong answers: attune report SEARCH/best --nearest",
    );
  writeOut(`${reportSearch(path!, out)}\n`);
}
