/** `attune report`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { report } from "../report-study.ts";

interface Flags {
  readonly out?: string;
  readonly quiet?: boolean;
  readonly nearest?: boolean;
}

export function reportCommand(command: Command): void {
  command
    .argument("<study|run...>", "folders of studies, or of runs of train; several are merged into one report")
    .option("--out <path>", "folder to write the report to (default: the folder of the study or run)")
    .option(
      "--nearest",
      "also find the training texts that are most like each that got a wrong answer; the encoder reads every text for it",
    )
    .option("--quiet", "print only the path of the report")
    .action(async (studies: readonly string[], { out, quiet = false, nearest = false }: Flags) => {
      const folder = out ?? (studies.length === 1 ? studies[0]! : undefined);
      if (folder === undefined)
        throw new AttuneError(
          "options/missing",
          "a report of several studies needs a folder of its own; choose one with --out",
        );
      await report(studies, folder, { quiet, nearest });
    });
}
