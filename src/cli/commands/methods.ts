/** `attune methods`. */
import type { Command } from "commander";
import type { Method } from "../../methods/method.ts";
import { builtInMethods } from "../../methods/registry.ts";
import { describe, flagOf, propertiesOf } from "../option-flags.ts";

export function methodsCommand(command: Command): void {
  command.option("--json", "print one JSON object: methods by name, options as JSON Schema").action(({ json }) => {
    const listed: [string, Pick<Method, "summary" | "paper" | "options">][] = Object.entries(builtInMethods);
    const text = json
      ? JSON.stringify(Object.fromEntries(listed.map(([name, method]) => [name, described(method)])))
      : listed.map(([name, method]) => listing(name, method)).join("\n\n");
    process.stdout.write(`${text}\n`);
  });
}

const described = ({ summary, paper, options }: Pick<Method, "summary" | "paper" | "options">) => ({
  summary,
  ...(paper && { paper }),
  options: propertiesOf(options),
});

function listing(name: string, { summary, paper, options }: Pick<Method, "summary" | "paper" | "options">): string {
  const flags = Object.entries(propertiesOf(options)).map(
    ([key, property]) => [flagOf(key), describe(property)] as const,
  );
  const width = Math.max(0, ...flags.map(([flag]) => flag.length));
  return [
    `${name}: ${summary}`,
    ...(paper ? [`  ${paper.title}, ${paper.url}`] : []),
    ...flags.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`),
  ].join("\n");
}
