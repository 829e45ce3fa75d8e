/** Where the memory of a training process is: on the way to the first steps, and at their end. Linux only. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { chosen } from "./chosen.ts";
import { markdownTable, megabytes } from "./figures.ts";
import { jobNames, jobOf, modelKinds } from "./jobs.ts";
import { benchMachine } from "./machine.ts";
import type { MemoryFound, MemoryJob } from "./memory-attune.ts";
import { folderOf } from "./models.ts";
import { measureHere } from "./processes.ts";
import { resultsFolder, writeResults } from "./results.ts";
import { loadTexts, writeSample } from "./samples.ts";

export async function benchMemory(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: "../shared/models/all-MiniLM-L6-v2" },
      models: { type: "string", default: "bert-base" },
      data: { type: "string", default: "../shared/data/dair-ai/emotion" },
      jobs: { type: "string", default: "lora,loraInt8" },
      batch: { type: "string", default: "16" },
      steps: { type: "string" },
      threads: { type: "string", default: "2" },
      out: { type: "string", default: resultsFolder },
      short: { type: "boolean", default: false },
    },
  });
  const kinds = chosen("models", values.models, modelKinds);
  const names = chosen("jobs", values.jobs, jobNames);
  const steps = Number(values.steps ?? (values.short ? 2 : 8));
  const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const markdown: string[] = [];
  const found: Record<string, Record<string, MemoryFound>> = {};
  try {
    const data = writeSample(join(folder, "texts"), await loadTexts(values.data), {
      train: steps * batchSize,
      others: 8,
    });
    for (const kind of kinds) {
      const model = await folderOf(kind, folder, values.model);
      const sides = names.map((job) => {
        const { title, options } = jobOf(job);
        const common = { model, data, batchSize, threads, epochs: 1, sharedTexts: "keep" } as const;
        const work = { steps, options: { ...common, ...options } } as MemoryJob;
        return [title, measureHere<MemoryFound>("memory-attune.ts", work)] as const;
      });
      found[kind] = Object.fromEntries(sides);
      markdown.push(`${basename(model)}, batch ${batchSize}, ${steps} steps, ${threads} threads`, ...tables(sides));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const path = writeResults(values.out, benchMachine(), { markdown: markdown.join("\n\n"), data: { found } }, "memory");
  console.log(`${markdown.join("\n\n")}\n\n${path}.md, .json`);
}

function tables(sides: readonly (readonly [title: string, found: MemoryFound])[]): string[] {
  const titles = sides.map(([title]) => title);
  const rowsOf = (listsOf: (found: MemoryFound) => readonly (readonly [string, number])[]) => {
    const lists = sides.map(([, found]) => new Map(listsOf(found)));
    const names = [...new Set(lists.flatMap((list) => [...list.keys()]))];
    return names.map((name) => [name, ...lists.map((list) => megabytes(list.get(name) ?? 0))]);
  };
  const sum = (list: readonly (readonly [string, number])[]) => list.reduce((total, [, bytes]) => total + bytes, 0);
  return [
    markdownTable([
      ["peak of resident memory, by part of the way", ...titles],
      ...rowsOf(({ phases }) => phases.map(({ name, peak }) => [name, peak])),
      ["the most", ...sides.map(([, { peak }]) => megabytes(peak))],
    ]),
    markdownTable([["resident memory at the end", ...titles], ...rowsOf(({ parts }) => parts)]),
    markdownTable([
      ["kept for the backward pass", ...titles],
      ...rowsOf(({ kept }) => kept.slice(0, 16)),
      ["all of it", ...sides.map(([, { kept }]) => megabytes(sum(kept)))],
    ]),
  ];
}
