/** `attune predict`. */
import type { Command } from "commander";
import { percent } from "../../base/format.ts";
import { load, type Prediction } from "../../run/classifier.ts";
import { showFetch } from "../hub-progress.ts";
import { linesOf } from "../lines.ts";
import { addLoadFlags, folderOf, type LoadFlags, loadOptions } from "../load-flags.ts";
import { stopSignal } from "../stop-signal.ts";

interface Flags extends LoadFlags {
  readonly json?: boolean;
}

export function predictCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .argument("[texts...]", "texts to classify; without any, one a line from standard input");
  addLoadFlags(command);
  command
    .option("--json", 'print one object a line: {"text": …, "label": …, "probabilities": {…}}')
    .action(async (first: string | undefined, others: string[], { json, ...flags }: Flags) => {
      const [folder, ...texts] = folderOf([first, ...others], flags);
      const signal = stopSignal();
      const classifier = await load(folder, { ...loadOptions(flags), signal, onFetch: showFetch() });
      const print = json ? printJson : printLine;
      for await (const batch of texts.length > 0 ? [texts] : linesOf(process.stdin)) {
        const predictions = await classifier.predict(batch, signal);
        process.stdout.write(batch.map((text, i) => `${print(text, predictions[i]!)}\n`).join(""));
      }
      await classifier.dispose();
    });
}

function printJson(text: string, { label, probabilities }: Prediction): string {
  return JSON.stringify({ text, label, probabilities });
}

/** Tabs between the columns, so that `cut` and spreadsheets can take them apart. */
function printLine(text: string, { label, probabilities }: Prediction): string {
  return `${label}\t${percent(probabilities[label]!)}\t${text.replace(/[\t\r\n]/g, " ")}`;
}
