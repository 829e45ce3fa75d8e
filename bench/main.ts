/** `npm run bench -- NAME …`: measurements that anyone can repeat. Without a name, lists them. */
import { AttuneError } from "../src/base/error.ts";

const benches: Readonly<Record<string, { summary: string; run: (args: readonly string[]) => Promise<void> }>> = {
  peer: {
    summary: "training jobs, against the Python stack in the same run: seconds, peak memory, ratios and goals",
    run: async (args) => (await import("./peer.ts")).benchPeer(args),
  },
  bound: {
    summary: "a step's program over its own matrix products alone",
    run: async (args) => (await import("./bound.ts")).benchBound(args),
  },
  infer: {
    summary: "prediction in float32 and int8, against transformers.js with the same weights in float32 and q8",
    run: async (args) => (await import("./infer.ts")).benchInfer(args),
  },
  features: {
    summary: "frozen features of 16,000 texts, in float32 and in int8",
    run: async (args) => (await import("./features.ts")).benchFeatures(args),
  },
  threads: {
    summary: "a step with one thread and with all, how its products are shared out, and what 8 and 16 would bring",
    run: async (args) => (await import("./threads.ts")).benchThreads(args),
  },
  scale: {
    summary: "seconds per token and memory on a thousand to a million texts",
    run: async (args) => (await import("./scale.ts")).benchScale(args),
  },
  profile: {
    summary: "where a step's time goes, by op and by part of the model, with a flame graph",
    run: async (args) => (await import("./profile.ts")).benchProfile(args),
  },
  memory: {
    summary: "where the memory of a training process is: on the way to the first steps, and at their end",
    run: async (args) => (await import("./memory.ts")).benchMemory(args),
  },
  measures: {
    summary: "what each measure against needless work brings: a step or prediction with it and without it",
    run: async (args) => (await import("./measures.ts")).benchMeasures(args),
  },
  pretrain: {
    summary: "masked-language training, against BertForMaskedLM with Trainer in the same run",
    run: async (args) => (await import("./pretrain.ts")).benchPretrain(args),
  },
  serve: {
    summary: "attune serve under load: requests lost, how long health takes, memory; the numbers beside predict's",
    run: async (args) => (await import("./serve.ts")).benchServe(args),
  },
  predict: {
    summary: "attune predict --data on up to a million rows: time and peak memory",
    run: async (args) => (await import("./predict.ts")).benchPredict(args),
  },
  data: {
    summary:
      "a CSV of a million rows: reading beside pyarrow's, and the memory of training (--read-only leaves that out)",
    run: async (args) => (await import("./data.ts")).benchData(args),
  },
  long: {
    summary: "5,000 steps with changing lengths: memory on the way, and the speed of the last hundred over the first",
    run: async (args) => (await import("./long.ts")).benchLong(args),
  },
  large: {
    summary: "steps of BERT-large with random weights, whose state takes more than one WebAssembly memory (9 GB)",
    run: async (args) => (await import("./large.ts")).benchLarge(args),
  },
  bow: {
    summary: "the bag-of-words baseline, beside scikit-learn's on the same counts",
    run: async (args) => (await import("./bow.ts")).benchBow(args),
  },
  mini: {
    summary:
      "what the mini encoder's pre-training is worth: full fine-tuning, LoRA and the probe against random weights",
    run: async (args) => (await import("./mini.ts")).benchMini(args),
  },
  "int8-accuracy": {
    summary:
      "test figures of runs in int8 or int8-all beside the same in float32, over data sets, methods and seeds; goes on",
    run: async (args) => (await import("./int8-accuracy.ts")).benchInt8Accuracy(args),
  },
  adapt: {
    summary: "domain adaptation: LoRA and the probe with and without pre-training on the data set's own texts",
    run: async (args) => (await import("./adapt.ts")).benchAdapt(args),
  },
  audit: {
    summary:
      "labels changed by seed: what audit finds of them, beside cleanlab on the same probabilities, and its seconds",
    run: async (args) => (await import("./audit.ts")).benchAudit(args),
  },
  search: {
    summary: "search by ASHA and TPE against random search without stopping: the best so far at equal epochs spent",
    run: async (args) => (await import("./search.ts")).benchSearch(args),
  },
  "recipe-data": {
    summary: "writes the data sets on which the recipes were searched, from banking77 and dair-ai/emotion",
    run: async (args) => (await import("./recipe-data.ts")).benchRecipeData(args),
  },
  "recipe-search": {
    summary: "how far the recipe tuned is from the best learning rate, by method and data set, on validation; goes on",
    run: async (args) => (await import("./recipe-search.ts")).benchRecipeSearch(args),
  },
  hashes: {
    summary:
      "SHA-256 of what the command line computes, to hold before and after a change that is to change none of it",
    run: async (args) => (await import("./hashes.ts")).benchHashes(args),
  },
};

const [name = "", ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench)
  await bench.run(args).catch((error: Error & { readonly code?: string }) => {
    if (!(error instanceof AttuneError) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
    console.error(`bench ${name}: ${error.message}`);
    process.exitCode = 2;
  });
else
  for (const [key, { summary }] of Object.entries(benches)) console.log(`npm run bench -- ${key.padEnd(15)}${summary}`);
