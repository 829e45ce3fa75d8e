/** `attune methods`. */
import type { Command } from "commander";
import { flagOf } from "../../base/command-text.ts";
import { type MethodDescription, methods } from "../../methods/list-methods.ts";
import { describe } from "../option-flags.ts";
import { writeOut } from "../write-text.ts";

export function methodsCommand(command: Command): void {
  command.option("--json", "print one JSON object: methods by name, options as JSON Schema").action(({ json }) => {
    const text = json
      ? JSON.stringify(Object.fromEntries(methods().map(({ name, title: _, ...rest }) => [name, rest])))
      : methods().map(listing).join("\n\n");
    writeOut(`${text}\n`);
  });
}

function listing({ name, summary, paper, options }: MethodDescription): string {
  const flags = Object.entries(options).map(([key, property]) => [flagOf(key), describe(property)] as const);
  const width = Math.max(0, ...flags.map(([flag]) => flag.length));
  return [
    `${name}: ${summary}`,
    ...(paper ? [`  ${paper.title}, ${paper.url}`] : []),
    ...flags.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`),
  ].join("\n");
}
