/** Switches on the command line: alone, with a value, and before words of their command. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { addTrainFlags } from "../../../src/cli/option-flags.ts";
import { withSwitches } from "../../../src/cli/switches.ts";

const program = new Command();
addTrainFlags(program.command("train").argument("[words...]"));
program.command("predict").option("--json").argument("[words...]");

test.each<[string, string]>([
  ["train --multi-label reviews.csv", "train --multi-label=true reviews.csv"],
  ["train --multi-label org/name --dora lora", "train --multi-label=true org/name --dora=true lora"],
  ["train --multi-label false reviews.csv", "train --multi-label=false reviews.csv"],
  ["train a.csv --header", "train a.csv --header=true"],
  ["train --header --multi-label a", "train --header=true --multi-label=true a"],
  ["train --header yes", "train --header=yes"],
  ["train --header=no a", "train --header=no a"],
  ["train --text a -- --header b", "train --text a -- --header b"],
  ["predict --json a", "predict --json a"],
  ["--version", "--version"],
])("%s", (given, expected) => {
  const words = given.split(" ");
  const command = program.commands.find((one) => one.name() === words[0]);
  expect(withSwitches(words, command).join(" ")).toBe(expected);
});
