/** `attune export`. */
import { type Command, Option } from "commander";
import { type ExportOptions, exportFormats, exportRun } from "../../run/export.ts";

export function exportCommand(command: Command): void {
  command
    .argument("<run>", "folder of a finished run")
    .addOption(new Option("--format <name>", "whose files to write").choices(exportFormats).makeOptionMandatory())
    .requiredOption("--out <path>", "folder to be made; it must not exist yet")
    .option("--base <name>", "with peft: what the adapter calls its base, a name on the Hub (default: its path)")
    .option(
      "--int8",
      "with onnx: also a dynamically quantized model, a quarter of the size, measured on the test texts",
    )
    .action(async (run: string, options: ExportOptions) => {
      const notes = await exportRun(run, options);
      for (const note of notes) process.stderr.write(`attune: ${note}\n`);
      process.stdout.write(`${options.out}\n`);
    });
}
