/** `attune export`. */
import { type Command, Option } from "commander";
import { type ExportFormat, exportFormats, exportRun } from "../../run/export.ts";

export function exportCommand(command: Command): void {
  command
    .argument("<run>", "folder of a finished run")
    .addOption(new Option("--format <name>", "whose files to write").choices(exportFormats).makeOptionMandatory())
    .requiredOption("--out <path>", "folder to be made; it must not exist yet")
    .action(async (run: string, { format, out }: { format: ExportFormat; out: string }) => {
      await exportRun(run, { format, out });
      process.stdout.write(`${out}\n`);
    });
}
