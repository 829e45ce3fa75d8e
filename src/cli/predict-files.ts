/** `attune predict` over many files: here one after the other, or by the workers of a queue. What is done is not done again. */
import { resolve } from "node:path";
import { AttuneError, type ErrorKind } from "../base/error.ts";
import { grouped } from "../base/format.ts";
import { discard, temporaryFolder } from "../base/partial-name.ts";
import { load } from "../classifier/classifier.ts";
import type { LoadOptions } from "../classifier/opened-model.ts";
import { predictIntoFile } from "../classifier/write-predictions.ts";
import { attemptPartition } from "../machines/partition-attempt.ts";
import { findPartitions, type Partition } from "../machines/partitions.ts";
import type { TextsDone } from "../machines/predict-process.ts";
import { predictOnQueue } from "../machines/queued-predictions.ts";
import type { Asked } from "../machines/shared-classifier.ts";
import { isS3 } from "../store/open-store.ts";
import { LiveLine } from "./live-line.ts";
import { writeOut } from "./write-text.ts";

export interface FilesOptions extends Pick<Asked, "reading" | "top"> {
  /** Of the classifier. */
  readonly folder: string;
  readonly load: LoadOptions;
  readonly data: string;
  readonly out: string | undefined;
  /** Whose workers do it, and the store in which they find the classifier. */
  readonly queued: { readonly queue: string; readonly store: string } | undefined;
  readonly signal: AbortSignal;
}

/**
 * Prints the path of each result.
 *
 * @throws AttuneError where files failed, behind the others
 */
export async function predictFiles({ data, out, ...options }: FilesOptions): Promise<void> {
  // Workers have working folders of their own.
  const placed = (path: string) => (options.queued && !isS3(path) ? resolve(path) : path);
  const { waiting, done } = await findPartitions(placed(data), out === undefined ? undefined : placed(out));
  const progress = new FilesProgress(waiting.length);
  if (done.length > 0)
    progress.say(`${done.length} of ${done.length + waiting.length} files have their results already`);
  for (const partition of done) writeOut(`${partition.out}\n`);
  if (waiting.length === 0) return;
  try {
    if (options.queued) await onQueue(waiting, { ...options, queued: options.queued }, progress);
    else await here(waiting, options, progress);
  } finally {
    progress.close();
  }
  const [first] = progress.failed;
  if (first !== undefined)
    throw new AttuneError(
      "predict/failed",
      `${progress.failed.length} of ${waiting.length} files failed (${first}); the same command tries them again`,
      "failure",
    );
}

type Work = Omit<FilesOptions, "data" | "out">;

async function here(
  partitions: readonly Partition[],
  { folder, load: loading, reading, top, signal }: Work,
  progress: FilesProgress,
): Promise<void> {
  const classifier = await load(folder, { ...loading, signal });
  const work = temporaryFolder("predict");
  try {
    for (const partition of partitions) {
      progress.begin(partition);
      try {
        await attemptPartition(partition, work, async (data, out) => {
          const see = (done: number, total: number) => progress.see(partition, { done, total });
          await predictIntoFile(classifier, { ...reading, data }, out, { top, signal, see });
          return true;
        });
        progress.end(partition);
      } catch (error) {
        if ((error as { readonly kind?: ErrorKind }).kind !== "input") throw error;
        progress.end(partition, (error as Error).message);
      }
    }
  } finally {
    discard(work);
    await classifier.dispose();
  }
}

async function onQueue(
  partitions: readonly Partition[],
  { folder, load: loading, reading, top, queued, signal }: Work & { readonly queued: NonNullable<Work["queued"]> },
  progress: FilesProgress,
): Promise<void> {
  const { threads, revision, adapter, labels, maxLength, precision, bits } = loading;
  const own = { labels: labels && [...labels], maxLength, precision, bits };
  const asked = { load: Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)), reading };
  await predictOnQueue(
    partitions,
    {
      ...queued,
      classifier: { folder, ...(revision !== undefined && { revision }), ...(adapter !== undefined && { adapter }) },
      asked: { ...asked, ...(top !== undefined && { top }) },
      threads,
    },
    {
      begin: (partition) => progress.begin(partition),
      see: (partition, news) => progress.see(partition, news),
      end: (partition, end) => {
        if (end.status !== "interrupted") progress.end(partition, end.status === "failed" ? end.reason : undefined);
      },
      notice: (message) => progress.say(message),
    },
    signal,
  );
}

/** How many files and texts are done, on standard error; results on standard output. */
class FilesProgress {
  /** What went wrong with each file that failed. */
  readonly failed: string[] = [];
  readonly #line = new LiveLine(process.stderr);
  readonly #count: number;
  /** Texts so far of the files under way. */
  readonly #underWay = new Map<string, number>();
  #files = 0;
  #texts = 0;

  constructor(count: number) {
    this.#count = count;
  }

  begin({ data }: Partition): void {
    this.#underWay.set(data, 0);
    this.#show();
  }

  see({ data }: Partition, { done }: TextsDone): void {
    this.#underWay.set(data, done);
    this.#show();
  }

  end({ data, out }: Partition, problem?: string): void {
    this.#texts += this.#underWay.get(data) ?? 0;
    this.#underWay.delete(data);
    this.#files++;
    if (problem === undefined) {
      this.#line.clear();
      writeOut(`${out}\n`);
    } else {
      this.failed.push(problem);
      this.#line.say(problem);
    }
    this.#show();
  }

  say(message: string): void {
    this.#line.say(message);
  }

  close(): void {
    this.#line.end();
  }

  #show(): void {
    const texts = [...this.#underWay.values()].reduce((sum, count) => sum + count, this.#texts);
    const said = () =>
      `${this.#files} of ${this.#count} files, ${this.#underWay.size} under way, ${grouped(texts)} texts`;
    this.#line.show(said, said);
  }
}
