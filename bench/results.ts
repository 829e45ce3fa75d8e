/** What a bench found, as files: numbers for programs, tables for people. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "../src/base/write-whole.ts";
import { type BenchMachine, machineText } from "./machine.ts";

export const resultsFolder = fileURLToPath(new URL("results", import.meta.url));

export interface Found {
  /** What was measured, of which machine and with which versions; plain JSON. */
  readonly data: object;
  readonly markdown: string;
}

/** Writes <date>-<processor>[-name].{json,md} into a folder and returns the path without the ending. */
export function writeResults(folder: string, machine: BenchMachine, found: Found, name?: string): string {
  const processor = machine.processor
    .toLowerCase()
    .replace(/\((r|tm)\)|\b(cpu|processor)\b/g, " ")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const date = new Date().toISOString().slice(0, 10);
  const path = join(folder, [date, processor, ...(name ? [name] : [])].join("-"));
  mkdirSync(folder, { recursive: true });
  writeWhole(`${path}.json`, `${JSON.stringify({ date, machine, node: process.version, ...found.data }, null, 2)}\n`);
  writeWhole(`${path}.md`, `${machineText(machine)}, Node ${process.versions.node}, ${date}\n\n${found.markdown}\n`);
  return path;
}
