/** `npm run bench -- NAME …`: measurements that anyone can repeat. Without a name, lists them. */
const benches: Readonly<Record<string, { summary: string; run: (args: readonly string[]) => Promise<void> }>> = {
  step: {
    summary: "a step of full fine-tuning, against the Python stack in the same run",
    run: async (args) => (await import("./step.ts")).benchStep(args),
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
};

const [name = "", ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) await bench.run(args);
else for (const [key, { summary }] of Object.entries(benches)) console.log(`npm run bench -- ${key}   ${summary}`);
