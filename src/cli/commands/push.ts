/** `attune push`. */
import { type Command, Option } from "commander";
import { exportFormats } from "../../classifier/export-formats.ts";
import { type PushOptions, push } from "../../classifier/push-run.ts";
import { HubProgress } from "../hub-progress.ts";
import { LANGUAGE, languageOf } from "../load-flags.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeOut } from "../write-text.ts";

export function pushCommand(command: Command): void {
  command
    .argument("<run>", "folder of a finished run, or a folder written by attune export")
    .requiredOption("--repo <user/name>", "repository on the Hub; it is created if it does not exist")
    .option("--public", "make a new repository public (default: private)")
    .option("--language <list>", LANGUAGE)
    .addOption(
      new Option("--format <name>", "format of the files to send (default: peft, if PEFT has such an adapter)").choices(
        exportFormats,
      ),
    )
    .action(async (run: string, { language, ...options }: Omit<PushOptions, "language"> & { language?: string }) => {
      const progress = new HubProgress(process.stderr);
      try {
        const { url } = await push(
          run,
          { ...options, ...languageOf(language) },
          { signal: stopSignal(), onEvent: (event) => progress.show(event) },
        );
        writeOut(`${url}\n`);
      } finally {
        progress.end();
      }
    });
}
