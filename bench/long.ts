/**
 * A long job: thousands of steps with texts of 1 to 120 words, validation and checkpoints as in any run. Prints memory on
 * the way, and the speed of the last hundred steps over that of the first hundred.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { randomKey, uint32 } from "../src/base/random.ts";
import { train } from "../src/run/train.ts";
import type { TrainOptions } from "../src/run/train-options.ts";
import { tinyModel } from "../test/tiny.ts";
import { measuring } from "./options.ts";

const BATCH_SIZE = 16;
const STEPS_PER_EPOCH = 100;
/** Steps before which nothing is compared: compilers and caches are warm after them. */
const WARM_UP = 20;
const COMPARED = 100;
const WORDS = "the a cat dog running is was very good bad happy unhappy".split(" ");

export async function benchLong(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: "string", default: "5000" },
      every: { type: "string", default: "500" },
      method: { type: "string", default: "full" },
      model: { type: "string" },
      threads: measuring.threads,
    },
  });
  const [steps, every] = [Number(values.steps), Number(values.every)];
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    const data = join(folder, "texts.csv");
    // Validation and test take a tenth each.
    writeFileSync(data, `text,label\n${texts(Math.ceil((BATCH_SIZE * STEPS_PER_EPOCH) / 0.8)).join("\n")}\n`);
    const options = {
      model: values.model ?? tinyModel(join(folder, "model"), { layers: 2, hidden: 64, positions: 128 }),
      data,
      out: join(folder, "run"),
      method: values.method,
      epochs: Math.ceil(steps / STEPS_PER_EPOCH),
      batchSize: BATCH_SIZE,
      threads: Number(values.threads),
      learningRate: 1e-4,
    } as TrainOptions;
    const secondsPerToken: number[] = [];
    const collectGarbage = garbageCollector();
    console.log("  step   resident   of which JavaScript   and array buffers");
    for await (const event of train(options)) {
      if (event.type !== "step") continue;
      secondsPerToken.push(event.seconds / event.tokens);
      if (event.step % every === 0) {
        collectGarbage();
        const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
        console.log(
          `${String(event.step).padStart(6)}${megabytes(rss, 11)}${megabytes(heapUsed, 22)}${megabytes(arrayBuffers, 20)}`,
        );
      }
    }
    const first = median(secondsPerToken.slice(WARM_UP, WARM_UP + COMPARED));
    const last = median(secondsPerToken.slice(-COMPARED));
    console.log(
      `seconds per token, medians: steps ${WARM_UP + 1} to ${WARM_UP + COMPARED} ${(first * 1e6).toFixed(2)} µs, ` +
        `the last ${COMPARED} of ${secondsPerToken.length} ${(last * 1e6).toFixed(2)} µs; last over first ${(last / first).toFixed(3)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rows of a CSV file, no text twice. */
function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const key = randomKey(0, "sample", i);
    const words = Array.from(
      { length: 1 + (uint32(key, 0) % 120) },
      (_, k) => WORDS[uint32(key, k + 1) % WORDS.length],
    );
    return `${words.join(" ")} ${i},${uint32(key, 999) % 2 ? "up" : "down"}`;
  });
}

/** Node's own, which it has under a flag only. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const megabytes = (bytes: number, width: number): string => `${(bytes / 1e6).toFixed(1)} MB`.padStart(width);
