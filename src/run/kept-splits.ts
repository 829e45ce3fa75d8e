/** Kept values of each split of a run, computed when they are first asked for. */
import type { SplitName } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import type { TokenSource } from "../train/evaluate.ts";
import type { Kept } from "../train/kept.ts";
import { computeKeptRows, type KeptProgram, type KeptRows } from "../train/kept-rows.ts";

export class KeptSplits {
  readonly #compute: (split: SplitName) => Promise<KeptRows>;
  readonly #splits = new Map<SplitName, Promise<KeptRows>>();
  #memoryBytes = 0;

  constructor(
    kept: Kept,
    engine: Engine,
    model: Omit<KeptProgram, "executable">,
    texts: Readonly<Record<SplitName, TokenSource>>,
    budgetBytes: number,
    signal?: AbortSignal,
  ) {
    // The program is used once for each split, so it need not outlive that.
    this.#compute = async (split) => {
      const executable = await engine.compile(kept.outputs, { spin: true });
      try {
        const left = budgetBytes - this.#memoryBytes;
        const rows = await computeKeptRows({ ...model, executable }, kept, texts[split], left, signal);
        this.#memoryBytes += rows.memoryBytes;
        return rows;
      } finally {
        await executable.dispose();
      }
    };
  }

  of(split: SplitName): Promise<KeptRows> {
    if (!this.#splits.has(split)) this.#splits.set(split, this.#compute(split));
    return this.#splits.get(split)!;
  }

  /** What they take of the budget. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  async dispose(): Promise<void> {
    for (const rows of await Promise.allSettled(this.#splits.values()))
      if (rows.status === "fulfilled") rows.value.close();
  }
}
