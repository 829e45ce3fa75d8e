/** What happens in the runs that a page follows, as it happens: read from their events.jsonl, from where the page left off. */
import { setTimeout } from "node:timers/promises";
import type { RunNews, RunNewsEvent, StepRow } from "./app-types.ts";
import { nextLines, type StoredEvent } from "./event-lines.ts";

/** Milliseconds between two looks at files that may have grown. */
const PAUSE = 400;

export interface NewsMessage {
  /** What the page says to go on behind this message. */
  readonly id: string;
  readonly news: RunNews;
}

/** `since` is the id of the last message that the page got. Undefined comes where nothing happened for a while. */
export async function* runNews(
  files: readonly string[],
  since: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<NewsMessage | undefined> {
  const offsets = offsetsOf(since, files.length);
  while (!signal.aborted) {
    let hasMore = false;
    for (const [run, file] of files.entries()) {
      const found = nextLines(file, offsets[run]!);
      hasMore ||= found.hasMore;
      if (found.events.length === 0 && !found.anew) continue;
      offsets[run] = found.offset;
      yield { id: offsets.join("-"), news: { run, anew: found.anew, ...sorted(found.events) } };
    }
    if (hasMore) continue;
    yield undefined;
    await setTimeout(PAUSE, undefined, { signal }).catch(() => {});
  }
}

function offsetsOf(since: string | undefined, count: number): number[] {
  const given = (since ?? "").split("-").map(Number);
  const isUsable = given.length === count && given.every((offset) => Number.isSafeInteger(offset) && offset >= 0);
  return isUsable ? given : new Array<number>(count).fill(0);
}

function sorted(stored: readonly StoredEvent[]): Pick<RunNews, "steps" | "events"> {
  const steps: StepRow[] = [];
  const events: RunNewsEvent[] = [];
  for (const event of stored) {
    if (event.type === "step") steps.push(stepOf(event));
    else {
      const known = eventOf(event);
      if (known) events.push(known);
    }
  }
  return { steps, events };
}

const numberOf = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

function stepOf(event: StoredEvent): StepRow {
  const of = (key: string) => numberOf(event[key]);
  return [
    of("step"),
    of("epoch"),
    of("loss"),
    of("learningRate"),
    of("gradientNorm"),
    of("examples"),
    of("seconds"),
    typeof event.memoryBytes === "number" ? event.memoryBytes : null,
  ];
}

function eventOf(event: StoredEvent): RunNewsEvent | undefined {
  const { type, message, examples, validation, heldOut } = event;
  const of = (key: string) => numberOf(event[key]);
  if (type === "start")
    return {
      type,
      totalSteps: of("totalSteps"),
      epochs: of("epochs"),
      examples: { train: 0, validation: 0, test: 0, ...(examples as object | undefined) },
      resumedAtStep: of("resumedAtStep"),
    };
  if (type === "base") return { type, seconds: of("seconds") };
  if (type === "epoch")
    return {
      type,
      epoch: of("epoch"),
      best: event.best === true,
      figures: { trainLoss: of("trainLoss"), ...numbersIn(validation ?? heldOut) },
    };
  if (type === "warning") return { type, message: String(message) };
  return type === "result" ? { type } : undefined;
}

/** The figures of a split by name, without those of each class. */
const numbersIn = (metrics: unknown): Record<string, number> =>
  Object.fromEntries(
    Object.entries((metrics ?? {}) as Record<string, unknown>).filter(([, value]) => typeof value === "number"),
  ) as Record<string, number>;
