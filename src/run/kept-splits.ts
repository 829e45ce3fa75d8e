/** Kept values of each split of a run, found or computed when they are first asked for. */

import { type ContentStore, fingerprint } from "../data/content-store.ts";
import type { SplitName } from "../data/dataset.ts";
import type { TokenizedSplit } from "../data/tokenized.ts";
import type { Engine } from "../engine/engine.ts";
import { inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { printProgram } from "../graph/print.ts";
import type { Kept } from "../train/kept.ts";
import { type KeptProgram, type KeptRows, keptRowsOf } from "../train/kept-rows.ts";

export interface KeptLimits {
  /** For all splits together. */
  readonly budgetBytes: number;
  /** Where values are looked up, and stored for other runs. */
  readonly store?: ContentStore | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class KeptSplits {
  readonly #kept: Kept;
  readonly #program: KeptProgram;
  readonly #texts: Readonly<Record<SplitName, TokenizedSplit>>;
  readonly #limits: KeptLimits;
  readonly #splits = new Map<SplitName, Promise<KeptRows>>();
  #memoryBytes = 0;
  #programKey: string | undefined;

  constructor(
    kept: Kept,
    engine: Engine,
    model: Omit<KeptProgram, "compile">,
    texts: Readonly<Record<SplitName, TokenizedSplit>>,
    limits: KeptLimits,
  ) {
    this.#kept = kept;
    this.#program = { ...model, compile: () => engine.compile(kept.outputs) };
    this.#texts = texts;
    this.#limits = limits;
  }

  of(split: SplitName): Promise<KeptRows> {
    if (!this.#splits.has(split)) this.#splits.set(split, this.#find(split));
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

  async #find(split: SplitName): Promise<KeptRows> {
    const { budgetBytes, store, signal } = this.#limits;
    const texts = this.#texts[split];
    const place = {
      budgetBytes: budgetBytes - this.#memoryBytes,
      ...(store && { shared: { store, key: store.keyOf("kept", this.#fingerprint(), texts.keyIn(store)) } }),
    };
    const rows = await keptRowsOf(this.#program, this.#kept, texts, place, signal);
    this.#memoryBytes += rows.memoryBytes;
    return rows;
  }

  /** Of the program and of the weights that it reads. Threads do not change what it computes. */
  #fingerprint(): string {
    if (this.#programKey) return this.#programKey;
    const { encoder, weights } = this.#program;
    const read = nodesInOrder(Object.values(this.#kept.outputs)).flatMap(({ outputs: [y] }) => {
      const name = inputName(y!);
      const weight = name === undefined ? undefined : weights[name];
      return weight ? [name!, new Uint8Array(weight.data.buffer, weight.data.byteOffset, weight.data.byteLength)] : [];
    });
    // Which texts share a batch depends on what stands before each.
    const program = [printProgram(this.#kept.outputs), JSON.stringify(encoder.virtual)];
    this.#programKey = fingerprint(...program, ...read);
    return this.#programKey;
  }
}
