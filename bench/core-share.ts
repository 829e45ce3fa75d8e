/** How fast all threads count at once, the slowest of them beside one alone: 1 on cores of their own, about 0.5 on two threads of one core. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const SECONDS = 0.1;
/** Counts, in registers alone, from a signal for so long, and says how far it came. */
const counter = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (seconds) => {
    const end = performance.now() + seconds * 1000;
    let [count, a, b] = [0, 1, 2];
    while (performance.now() < end) {
      for (let i = 0; i < 10000; i++) { a = (Math.imul(a, 3) + 1) | 0; b = (Math.imul(b, 5) + 1) | 0; }
      count++;
    }
    parentPort.postMessage({ count, a, b });
  });`;

const { threads } = JSON.parse(process.argv[2]!) as { threads: number };
const workers = Array.from({ length: threads }, () => new Worker(counter, { eval: true }));
const counts = (some: readonly Worker[]): Promise<number[]> =>
  Promise.all(
    some.map(async (worker) => {
      const answer = once(worker, "message");
      worker.postMessage(SECONDS);
      const [{ count }] = (await answer) as [{ count: number }];
      return count;
    }),
  );
await counts(workers); // Compiles the loop.
const [alone] = await counts(workers.slice(0, 1));
const together = await counts(workers);
console.log(JSON.stringify({ coreShare: Math.min(...together) / alone! }));
await Promise.all(workers.map((worker) => worker.terminate()));
