/** `attune push`. */
import { type Command, Option } from "commander";
import { exportFormats } from "../../classifier/export-run.ts";
import { type PushOptions, push } from "../../classifier/push-run.ts";
import { HubProgress } from "../hub-progress.ts";
import { stopSignal } from "../stop-signal.ts";

export function pushCommand(command: Command): void {
  command
    .argument("<run>", 'folder of a finished run, or one that "attune export" has written')
    .requiredOption("--repo <user/name>", "repository on the Hub; it is made if it is not there")
    .option("--public", "let everybody read a repository that is made (default: private)")
    .addOption(
      new Option("--format <name>", "whose files to send (default: peft where PEFT has such adapters)").choices(
        exportFormats,
      ),
    )
    .action(async (run: string, options: PushOptions) => {
      const progress = new HubProgress(process.stderr);
      try {
        const { url } = await push(run, options, { signal: stopSignal(), onEvent: (event) => progress.show(event) });
        process.stdout.write(`${url}\n`);
      } finally {
        progress.end();
      }
    });
}
