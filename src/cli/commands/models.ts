/** `attune models`. */
import type { Command } from "commander";
import { refused } from "../../models/instead.ts";
import { models } from "../../models/list-models.ts";

export function modelsCommand(command: Command): void {
  command.option("--json", "print one JSON list").action(({ json }) => {
    const all = models();
    const width = Math.max(...all.map(({ type }) => type.length));
    const lines = all.map(({ type, architecture, tokenTypes }) => {
      const pairs = tokenTypes ? "token types" : "separators";
      return `${type.padEnd(width)}  opens as ${architecture}; pairs by ${pairs}`;
    });
    const others = refused.map(([types, instead]) => `  ${types.join(", ")}: ${instead}`);
    const text = [...lines, "", "Not these:", ...others].join("\n");
    process.stdout.write(`${json ? JSON.stringify(all) : text}\n`);
  });
}
