/** `attune predict`. */
import type { Command } from "commander";
import { AttuneError } from "../../base/error.ts";
import { load } from "../../classifier/classifier.ts";
import type { Text } from "../../tables/dataset.ts";
import { showFetch } from "../hub-progress.ts";
import { linesOf } from "../lines.ts";
import { addLoadFlags, folderOf, type LoadFlags, loadOptions } from "../load-flags.ts";
import { jsonOf, lineOf } from "../prediction-lines.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeOut } from "../write-text.ts";

interface Flags extends LoadFlags {
  readonly json?: boolean;
  readonly pair?: boolean;
}

export function predictCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .argument("[texts...]", "texts to classify; without any, standard input is read, one text per line")
    .option("--pair", "each text is a sentence pair, separated by a tab (default: as in training)");
  addLoadFlags(command);
  command
    .option("--json", 'print one JSON object per line: {"text": …, "label": …, "probabilities": {…}, "scores": […]}')
    .action(async (first: string | undefined, others: string[], { json, pair, ...flags }: Flags) => {
      const [folder, ...texts] = folderOf([first, ...others], flags);
      const signal = stopSignal();
      const classifier = await load(folder, { ...loadOptions(flags), signal, onFetch: showFetch() });
      const print = json ? jsonOf : lineOf;
      const read = (line: string): Text => ((pair ?? classifier.takesPairs) ? pairOf(line) : line);
      for await (const lines of texts.length > 0 ? [texts] : linesOf(process.stdin)) {
        const batch = lines.map(read);
        const predictions = await classifier.predict(batch, signal);
        writeOut(batch.map((text, i) => `${print(text, predictions[i]!)}\n`).join(""));
      }
      await classifier.dispose();
    });
}

function pairOf(line: string): [string, string] {
  const tab = line.indexOf("\t");
  if (tab >= 0) return [line.slice(0, tab), line.slice(tab + 1)];
  throw new AttuneError(
    "predict/pair",
    `there is no tab in ${JSON.stringify(line.slice(0, 60))}: this model reads two texts, with a tab between`,
  );
}
