/** Masked-language training beside BertForMaskedLM with Trainer: the same new model, tokenizer and text, in turn. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { grouped } from "../src/base/format.ts";
import { readCorpus } from "../src/pretrain/corpus.ts";
import { writeNewTokenizer } from "../src/pretrain/new-tokenizer.ts";
import { markdownTable, median, megabytes, milliseconds, times } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { writeLanguageModel } from "./models.ts";
import { inRounds } from "./options.ts";
import type { PretrainJob, PretrainSteps } from "./pretrain-attune.ts";
import { defaultPython, hasPython, measureHere, measurePython } from "./processes.ts";
import { writeResults } from "./results.ts";

const WARM_UP_STEPS = 3;
const GOALS = { "AVX-512": 2.5, AVX2: 1.5 } as const;

export async function benchPretrain(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...inRounds,
      text: { type: "string", default: "../shared/data/corpus" },
      layers: { type: "string", default: "4" },
      hidden: { type: "string", default: "256" },
      heads: { type: "string", default: "4" },
      vocab: { type: "string", default: "8192" },
      length: { type: "string", default: "128" },
      batch: { type: "string", default: "32" },
      steps: { type: "string" },
      python: { type: "string", default: defaultPython() },
    },
  });
  const { short } = values;
  const rounds = Number(values.rounds ?? (short ? 1 : 3));
  const steps = Number(values.steps ?? (short ? 5 : 43));
  const [layers, hidden, heads] = [Number(values.layers), Number(values.hidden), Number(values.heads)];
  const [length, batchSize, threads] = [Number(values.length), Number(values.batch), Number(values.threads)];
  const withPython = hasPython(values.python, ["torch", "transformers", "accelerate"]);
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const [ours, theirs]: [PretrainSteps[], PretrainSteps[]] = [[], []];
  try {
    const { documents } = await readCorpus({ path: values.text, column: "text" });
    const text = join(folder, "text.txt");
    writeFileSync(text, `${documents.flat().join("\n\n")}\n`);
    const tokenizer = join(folder, "tokenizer");
    mkdirSync(tokenizer);
    writeNewTokenizer(tokenizer, documents.flat(), Number(values.vocab));
    const shape = { layers, hidden, heads, positions: Math.max(length, 512) };
    const model = writeLanguageModel(join(folder, "model"), tokenizer, shape);
    const options = { from: model, data: text, maxLength: length, batchSize, threads, evaluations: 1, heldOut: 0.002 };
    for (let round = 1; round <= rounds; round++) {
      ours.push(measureHere("pretrain-attune.ts", { steps, options } satisfies PretrainJob));
      const sides = [`attune ${milliseconds(stepOf(ours.slice(-1)))}`];
      if (withPython) {
        theirs.push(
          measurePython(values.python, "pretrain.py", [
            ...["--model", model, "--text", text, "--steps", `${steps}`, "--length", `${length}`],
            ...["--batch-size", `${batchSize}`, "--threads", `${threads}`],
          ]),
        );
        sides.push(`python ${milliseconds(stepOf(theirs.slice(-1)))}`);
      }
      console.log(`round ${round}: ${sides.join(", ")}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const machine = benchMachine();
  const goal = machine.instructions === "unknown" ? undefined : GOALS[machine.instructions];
  const ratio = theirs.length > 0 ? speedOf(ours) / speedOf(theirs) : undefined;
  const row = (name: string, runs: readonly PretrainSteps[]) => [
    name,
    milliseconds(stepOf(runs)),
    grouped(Math.round(speedOf(runs))),
    megabytes(Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes))),
  ];
  const table = markdownTable([
    ["side", "step", "tokens/s", "peak memory"],
    row("Attune", ours),
    ...(theirs.length > 0 ? [row("BertForMaskedLM, Trainer, float32", theirs)] : []),
  ]);
  const [{ parameters, tokensPerStep }] = ours as [PretrainSteps];
  const markdown = [
    `${layers} layers of ${hidden}, ${grouped(parameters)} parameters; ${batchSize} blocks of ${length} tokens (${grouped(tokensPerStep)}) a step, 15 % masked; ${threads} threads; medians of ${rounds} × ${steps - WARM_UP_STEPS} steps in turn. Attune computes the decoder for masked positions only, Python for all, as Transformers does.`,
    table,
    ...(ratio === undefined ? [] : [`Ratio: ${times(ratio)}${goal === undefined ? "" : `; goal: ≥ ${goal}×`}.`]),
  ].join("\n\n");
  const data = { threads, rounds, steps, layers, hidden, length, batchSize, ratio, goal, sides: { ours, theirs } };
  const path = writeResults(values.out, machine, { markdown, data }, "pretrain");
  console.log(`\n${markdown}\n\n${path}.md, .json`);
}

const stepOf = (runs: readonly PretrainSteps[]): number =>
  median(runs.flatMap(({ stepSeconds }) => stepSeconds.slice(WARM_UP_STEPS)));
/** Tokens per second. */
const speedOf = (runs: readonly PretrainSteps[]): number => runs[0]!.tokensPerStep / stepOf(runs);
