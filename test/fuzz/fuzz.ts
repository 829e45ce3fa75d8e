/** Gives generated inputs to all targets: whatever is wrong with them, the answer is an error of Attune's, and soon. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../../src/base/error.ts";
import { drawsOf } from "./mutate.ts";
import type { Target } from "./targets.ts";

export interface Found {
  readonly target: string;
  readonly input: number;
  readonly problem: string;
}

export interface FuzzResult {
  readonly inputs: number;
  /** Inputs that were refused. */
  readonly refused: number;
  readonly slowestSeconds: number;
  readonly found: readonly Found[];
}

export interface FuzzOptions {
  readonly seed: number;
  /** Of each target. */
  readonly inputs: number;
  /** Input that is tried alone, to see it again. */
  readonly only?: number;
  /** Called before each input, so that one that never ends can be named. */
  readonly onInput?: (target: string, input: number) => void;
  /** Called for what is wrong as soon as it is known. */
  readonly onFound?: (found: Found) => void;
}

/** An input that took longer would be a hang to whoever waits for it. */
const MOST_SECONDS = 10;

export async function fuzz(targets: readonly Target[], root: string, options: FuzzOptions): Promise<FuzzResult> {
  const found: Found[] = [];
  const report = (one: Found) => {
    found.push(one);
    options.onFound?.(one);
  };
  const total = { inputs: 0, refused: 0, slowestSeconds: 0 };
  const folder = join(root, "input");
  for (const target of targets)
    for (
      let input = options.only ?? 0;
      input < (options.only === undefined ? options.inputs : options.only + 1);
      input++
    ) {
      options.onInput?.(target.name, input);
      mkdirSync(root, { recursive: true });
      const began = performance.now();
      try {
        await target.run(folder, drawsOf(options.seed, target.name, input));
      } catch (error) {
        total.refused++;
        if (!(error instanceof AttuneError))
          report({ target: target.name, input, problem: String((error as Error)?.stack ?? error) });
        else if (error.message.length > 2000)
          report({
            target: target.name,
            input,
            problem: `an error of ${error.message.length} characters: ${error.message.slice(0, 300)}`,
          });
      }
      const seconds = (performance.now() - began) / 1000;
      if (seconds > MOST_SECONDS) report({ target: target.name, input, problem: `took ${seconds.toFixed(1)} seconds` });
      total.slowestSeconds = Math.max(total.slowestSeconds, seconds);
      total.inputs++;
      rmSync(folder, { recursive: true, force: true });
    }
  return { ...total, found };
}
