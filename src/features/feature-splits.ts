/** Frozen features of each split of a run, found or computed when they are first asked for. */

import { type ContentStore, fingerprint } from "../base/content-store.ts";
import type { Engine } from "../engine/engine.ts";
import { inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { printProgram } from "../graph/print.ts";
import type { SplitName } from "../tables/dataset.ts";
import type { TokenizedSplit } from "../tokens/tokenized.ts";
import type { FrozenFeatures } from "../train/frozen-features.ts";
import { type FeatureProgram, type FeatureRows, featureRowsOf } from "./feature-rows.ts";

export interface FeatureLimits {
  /** For all splits together. */
  readonly budgetBytes: number;
  /** Where values are looked up, and stored for other runs. */
  readonly store?: ContentStore | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class FeatureSplits {
  readonly #features: FrozenFeatures;
  readonly #program: FeatureProgram;
  readonly #texts: Readonly<Record<SplitName, TokenizedSplit>>;
  readonly #limits: FeatureLimits;
  readonly #splits = new Map<SplitName, Promise<FeatureRows>>();
  #memoryBytes = 0;
  #programKey: string | undefined;

  constructor(
    features: FrozenFeatures,
    engine: Engine,
    model: Omit<FeatureProgram, "compile">,
    texts: Readonly<Record<SplitName, TokenizedSplit>>,
    limits: FeatureLimits,
  ) {
    this.#features = features;
    this.#program = { ...model, compile: () => engine.compile(features.outputs) };
    this.#texts = texts;
    this.#limits = limits;
  }

  of(split: SplitName): Promise<FeatureRows> {
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

  async #find(split: SplitName): Promise<FeatureRows> {
    const { budgetBytes, store, signal } = this.#limits;
    const texts = this.#texts[split];
    const shared = store && { store, key: store.keyOf("features", this.#fingerprint(), texts.keyIn(store)) };
    const place = { budgetBytes: budgetBytes - this.#memoryBytes, ...(shared && { shared }) };
    await shared?.store.bring(shared.key);
    const rows = await featureRowsOf(this.#program, this.#features, texts, place, signal);
    await shared?.store.offer(shared.key);
    this.#memoryBytes += rows.memoryBytes;
    return rows;
  }

  /** Of the program and of the weights that it reads; where threads change what it computes, the store's own key has them. */
  #fingerprint(): string {
    if (this.#programKey) return this.#programKey;
    const { encoder, store } = this.#program;
    const read = nodesInOrder(Object.values(this.#features.outputs)).flatMap(({ outputs: [y] }) => {
      const name = inputName(y!);
      const weight = name === undefined ? undefined : store.host[name];
      return weight ? [name!, new Uint8Array(weight.data.buffer, weight.data.byteOffset, weight.data.byteLength)] : [];
    });
    // Which texts share a batch depends on what stands before each.
    const program = [printProgram(this.#features.outputs), JSON.stringify(encoder.virtual)];
    this.#programKey = fingerprint(...program, ...read);
    return this.#programKey;
  }
}
