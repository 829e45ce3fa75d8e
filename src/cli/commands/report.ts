/** `attune report`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { report } from "../report-study.ts";

export function reportCommand(command: Command): void {
  command
    .argument("<study|run...>", "folders of studies, or of runs of train; several are merged into one report")
    .option("--out <path>", "folder to write the report to (default: the folder of the study or run)")
    .option("--quiet", "print only the path of the report")
    .action(async (studies: readonly string[], { out, quiet }: { readonly out?: string; readonly quiet?: boolean }) => {
      const folder = out ?? (studies.length === 1 ? studies[0]! : undefined);
      if (folder === undefined)
        throw new AttuneError(
          "options/missing",
          "a report of several studies needs a folder of its own; choose one with --out",
        );
      await report(studies, folder, quiet ?? false);
    });
}
