/** `npm run bench -- NAME …`: measurements that anyone can repeat. Without a name, lists them. */
const benches: Readonly<Record<string, { summary: string; run: (args: readonly string[]) => Promise<void> }>> = {
  peer: {
    summary: "training jobs, against the Python stack in the same run: seconds, peak memory, ratios and goals",
    run: async (args) => (await import("./peer.ts")).benchPeer(args),
  },
  bound: {
    summary: "a step's program over its own matrix products alone",
    run: async (args) => (await import("./bound.ts")).benchBound(args),
  },
};

const [name = "", ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) await bench.run(args);
else
  for (const [key, { summary }] of Object.entries(benches)) console.log(`npm run bench -- ${key.padEnd(9)}${summary}`);
