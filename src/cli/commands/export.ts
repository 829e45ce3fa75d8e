/** `attune export`. */
import { type Command, Option } from "commander";
import { type ExportFormat, exportFormats } from "../../classifier/export-formats.ts";
import { exportRun } from "../../classifier/export-run.ts";
import { showFetch } from "../hub-progress.ts";
import { addModelFlags, LANGUAGE, type LoadFlags, languageOf, loadOptions, onlyFolderOf } from "../load-flags.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags extends LoadFlags {
  readonly format: ExportFormat;
  readonly out: string;
  readonly base?: string;
  readonly int8?: boolean;
  readonly language?: string;
}

export function exportCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .addOption(new Option("--format <name>", "format of the files").choices(exportFormats).makeOptionMandatory())
    .requiredOption("--out <path>", "folder to write; it must not exist yet")
    .option(
      "--base <name>",
      "with peft: name of the base model in adapter_config.json (default: its name on the Hub, or its path)",
    )
    .option(
      "--int8",
      "with onnx: also write an 8-bit model, a quarter of the size; its change in accuracy is measured on the test texts of the run",
    );
  addModelFlags(command);
  command.option("--language <list>", LANGUAGE);
  command.action(async (given: string | undefined, { format, out, base, int8, language, ...flags }: Flags) => {
    const { threads: _, ...source } = loadOptions(flags);
    const options = {
      format,
      out,
      ...(base !== undefined && { base }),
      ...(int8 && { int8 }),
      ...languageOf(language),
      ...source,
    };
    const notes = await exportRun(onlyFolderOf(given, flags), { ...options, onFetch: showFetch() });
    for (const note of notes) writeError(`attune: ${note}\n`);
    writeOut(`${out}\n`);
  });
}
