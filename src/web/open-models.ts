/** Trained models that are open to answer: each once, in a thread of its own, and no more of them than fit. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Classifier, load } from "../classifier/classifier.ts";

interface Opened {
  /** When its run was written; another one is another model. */
  readonly changed: number;
  readonly classifier: Promise<Classifier>;
}

/** The one that was asked longest ago makes room. */
const MOST_OPEN = 8;

export class OpenModels {
  /** By folder, in the order in which they were last asked. */
  readonly #opened = new Map<string, Opened>();

  /** Asks the model of a run, which is opened first where it is not. */
  async with<T>(folder: string, work: (classifier: Classifier) => Promise<T>): Promise<T> {
    const changed = statSync(join(folder, "run.json")).mtimeMs;
    let opened = this.#opened.get(folder);
    if (opened?.changed !== changed) {
      if (opened) this.#close(folder, opened);
      opened = { changed, classifier: load(folder) };
    }
    this.#opened.delete(folder);
    this.#opened.set(folder, opened);
    for (const [oldest, one] of this.#opened) if (this.#opened.size > MOST_OPEN) this.#close(oldest, one);
    try {
      return await work(await opened.classifier);
    } catch (error) {
      // One that could not be opened is tried again.
      if (
        await opened.classifier.then(
          () => false,
          () => true,
        )
      )
        this.#opened.delete(folder);
      throw error;
    }
  }

  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.allSettled(all.map(async ({ classifier }) => (await classifier).dispose()));
  }

  /** It still gives the answers that it was asked for. */
  #close(folder: string, { classifier }: Opened): void {
    this.#opened.delete(folder);
    classifier.then((one) => one.dispose()).catch(() => {});
  }
}
