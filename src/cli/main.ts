#!/usr/bin/env node
/** The `attune` command. Each command's code is loaded when it is called, so that `--help` answers at once. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { diskError, refusalOf } from "../base/disk-error.ts";
import type { ErrorKind } from "../base/error.ts";
import { withTextsMarked } from "./dash-texts.ts";
import { withSwitches } from "./switches.ts";
import { harmless, writeError } from "./write-text.ts";

/** Commands by name; the loaded function adds options and action. */
const commands: Readonly<Record<string, { summary: string; load: () => Promise<(command: Command) => void> }>> = {
  demo: {
    summary: "compare all methods on the data and the model in this package",
    load: async () => (await import("./commands/demo.ts")).demoCommand,
  },
  inspect: {
    summary: "describe labelled texts before training on them",
    load: async () => (await import("./commands/inspect.ts")).inspectCommand,
  },
  audit: {
    summary: "look for what is wrong with labelled texts: labels, repeated texts, leaks, outliers",
    load: async () => (await import("./commands/audit.ts")).auditCommand,
  },
  train: {
    summary: "train a classifier on labelled texts",
    load: async () => (await import("./commands/train.ts")).trainCommand,
  },
  compare: {
    summary: "train with several methods, measure each in the same way, and write a report",
    load: async () => (await import("./commands/compare.ts")).compareCommand,
  },
  search: {
    summary: "search the options with which a method does best; what does badly stops early",
    load: async () => (await import("./commands/search.ts")).searchCommand,
  },
  worker: {
    summary: "do the runs of studies that other machines put on a queue",
    load: async () => (await import("./commands/worker.ts")).workerCommand,
  },
  queue: {
    summary: "what stands on a queue and who works on it; pause it, and let it go on",
    load: async () => (await import("./commands/queue.ts")).queueCommand,
  },
  "run-planned": {
    summary: "do the N-th run of a study: for Kubernetes and Slurm, without a queue",
    load: async () => (await import("./commands/run-planned.ts")).runPlannedCommand,
  },
  pretrain: {
    summary: "train an encoder on text without labels",
    load: async () => (await import("./commands/pretrain.ts")).pretrainCommand,
  },
  methods: {
    summary: "list the fine-tuning methods with their options and papers",
    load: async () => (await import("./commands/methods.ts")).methodsCommand,
  },
  models: {
    summary: "list the families of encoders that can be trained",
    load: async () => (await import("./commands/models.ts")).modelsCommand,
  },
  report: {
    summary: "write the report of studies, or of a search",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  evaluate: {
    summary: "measure a trained classifier on labelled texts",
    load: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  },
  predict: {
    summary: "classify texts",
    load: async () => (await import("./commands/predict.ts")).predictCommand,
  },
  serve: {
    summary: "answer over HTTP: texts in, labels out",
    load: async () => (await import("./commands/serve.ts")).serveCommand,
  },
  app: {
    summary: "runs, studies, new ones and sentences to try, in the browser",
    load: async () => (await import("./commands/app.ts")).appCommand,
  },
  export: {
    summary: "write a trained model for PEFT, Transformers or transformers.js (ONNX)",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
  push: {
    summary: "upload the model of a run to the Hugging Face Hub",
    load: async () => (await import("./commands/push.ts")).pushCommand,
  },
};

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = { failure: 1, input: 2, interrupted: 130 };

/** Commands whose words may be texts. */
const takesTexts = process.argv.some((word) => word === "predict" || word === "--predict");

async function main(): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const program = new Command("attune")
    .description("Fine-tune transformer text classifiers, and compare the ways of doing it.")
    .version(version)
    // One line, as for every other error; commander puts "(Did you mean …)" on a line of its own.
    .configureOutput({
      outputError: (text, write) =>
        write(
          harmless(
            `attune: ${text
              .replace(/^error: /, "")
              .trim()
              .replace(/\s*\n/g, " ")
              .replace(/^unknown option '.*/, takesTexts ? "$& (if it is a text, write -- before it)" : "$&")}\n`,
          ),
        ),
    })
    .exitOverride();
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = program.command(name).summary(summary).description(summary);
    if (process.argv.includes(name)) (await load())(command);
  }
  try {
    const [node, script, ...words] = process.argv;
    const command = program.commands.find((one) => one.name() === words.find((word) => !word.startsWith("-")));
    await program.parseAsync([node!, script!, ...withTextsMarked(withSwitches(words, command), command)]);
    return 0;
  } catch (error) {
    // Commander has printed what it has to say; of its endings only help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.input;
    return report(error);
  }
}

function report(error: unknown): number {
  const { kind, message, stack, code } = error as Error & { kind?: ErrorKind; code?: string };
  if (kind) {
    writeError(`attune: ${message}\n`);
    return EXIT_CODES[kind];
  }
  if (error instanceof RangeError && /memory|allocation failed/i.test(message)) {
    const advice = "free some, lift the limit (ulimit -v, the container's), or take a smaller --batch-size or model";
    writeError(`attune: there is not enough memory here (${message}); ${advice}\n`);
    return EXIT_CODES.failure;
  }
  // The system's own words (no space left, no permission) need no stack trace; everything else is a fault of ours.
  const isSystem = typeof code === "string" && /^E[A-Z]+$/.test(code);
  const said = (diskError(error, "the disk", "put that right, and do it again") as Error).message;
  writeError(isSystem ? `attune: ${said}\n` : `attune: this is a fault in Attune: ${stack ?? message}\n`);
  return EXIT_CODES.failure;
}

// A reader of results that has seen enough (`| head`) ends the program; without one of the progress, work goes on.
for (const [stream, isOver] of [
  [process.stdout, true],
  [process.stderr, false],
] as const)
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!isOver) return;
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`attune: standard output cannot be written: ${refusalOf(error) ?? error.message}\n`);
    process.exit(EXIT_CODES.failure);
  });

process.exitCode = await main().catch(report);
