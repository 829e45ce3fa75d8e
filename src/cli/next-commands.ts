/** What one does next, as commands to copy. */
import { commandText } from "../base/command-text.ts";

type Command = readonly [words: readonly string[], what: string];

const exported = (run: string): Command => [
  ["export", run, "--format", "onnx", "--out", "FOLDER"],
  "for transformers.js",
];

/** With a finished run. */
export const afterRun = (run: string): string[] =>
  linesOf([
    [["predict", run, "a text of yours"], "its answer"],
    [["evaluate", run, "--data", "FILE"], "its scores on other labelled texts"],
    exported(run),
  ]);

/** With a finished study; `run` is what it recommends, if anything. */
export const afterStudy = (studies: readonly string[], run: string | undefined): string[] =>
  linesOf([
    ...(run === undefined
      ? []
      : [[["predict", run, "a text of yours"], "the answer of the best on validation"] as const, exported(run)]),
    [["report", ...studies, "--out", "FOLDER"], "the report once more"],
  ]);

/** With a search that is over; `run` is the winner's. */
export const afterSearch = (out: string, run: string): string[] =>
  linesOf([
    [["predict", run, "a text of yours"], "the answer of the best"],
    exported(run),
    [["search", "--replay", out], "whether each of its decisions would be made again"],
  ]);

/** With an audit. */
export const afterAudit = (data: string, out: string): string[] =>
  linesOf([
    [
      ["audit", data, "--apply", `${out}/issues.csv`, "--out", "FILE"],
      "the data with what you wrote in the column decision",
    ],
  ]);

function linesOf(commands: readonly Command[]): string[] {
  const shown = commands.map(([words, what]) => [commandText(words), what] as const);
  const width = Math.max(...shown.map(([command]) => command.length));
  return ["Next:", ...shown.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`)];
}
