/** Texts that begin with a dash, among options of their command. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { predictCommand } from "../../../src/cli/commands/predict.ts";
import { asWritten, withTextsMarked } from "../../../src/cli/dash-texts.ts";

const predict = new Command("predict");
predictCommand(predict);
const demo = new Command("demo").option("--predict <texts...>").option("--out <path>");
const others = new Command("train").option("--out <path>");

/** Marked words are shown with a star. */
const shown = (words: readonly string[], command: Command): string[] =>
  withTextsMarked(words, command).map((word) => (asWritten(word) === word ? word : `*${asWritten(word)}`));

test.each<[Command, string[], string[]]>([
  [predict, ["predict", "run", "-5 degrees"], ["predict", "run", "*-5 degrees"]],
  [predict, ["run", "-bad", "--great movie", "- so so", "-"], ["run", "*-bad", "*--great movie", "*- so so", "*-"]],
  [predict, ["run", "-5", "--json", "--threads", "-1"], ["run", "*-5", "--json", "--threads", "-1"]],
  [predict, ["run", "--threads=2", "--jsn", "-h"], ["run", "--threads=2", "--jsn", "-h"]],
  [predict, ["run", "--", "-5 degrees"], ["run", "--", "-5 degrees"]],
  [
    demo,
    ["demo", "--predict", "-5 degrees", "-bad", "--out", "x"],
    ["demo", "--predict", "*-5 degrees", "*-bad", "--out", "x"],
  ],
  [others, ["train", "-5 degrees"], ["train", "-5 degrees"]],
])("%#", (command, given, expected) => {
  expect(shown(given, command)).toEqual(expected);
});
