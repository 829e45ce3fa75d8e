/** Work as a stream of events and as a promise of its last one. */
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { EventStream } from "../../../src/base/event-stream.ts";

/** Yields 1 to 4, where 4 is the end; `seen` says how far it came. */
function counting(failsAt = 0) {
  const seen: (number | string)[] = [];
  async function* count(): AsyncGenerator<number, void, undefined> {
    try {
      for (let i = 1; i <= 4; i++) {
        if (i === failsAt) throw new Error(`no ${i}`);
        seen.push(i);
        yield i;
      }
    } finally {
      seen.push("closed");
    }
  }
  return { seen, stream: new EventStream<number, 4>(count(), (event): event is 4 => event === 4) };
}

test("awaited, it goes to its end and gives the last event, each time", async () => {
  const { stream, seen } = counting();
  expect(await stream).toBe(4);
  expect(await stream).toBe(4);
  expect(seen).toEqual([1, 2, 3, 4, "closed"]);
});

test("iterated, it stands still while nobody asks, and can be awaited afterwards", async () => {
  const { stream, seen } = counting();
  const events: number[] = [];
  for await (const event of stream) {
    await wait(5);
    expect(seen).toHaveLength(event);
    events.push(event);
  }
  expect(events).toEqual([1, 2, 3, 4]);
  expect(await stream).toBe(4);
});

test("neither awaited nor iterated, it goes on by itself, and keeps its events for who comes late", async () => {
  const { stream, seen } = counting();
  await wait(20);
  expect(seen).toEqual([1, 2, 3, 4, "closed"]);
  const events: number[] = [];
  for await (const event of stream) events.push(event);
  expect(events).toEqual([1, 2, 3, 4]);
  expect(await stream).toBe(4);
});

test("a loop that is left closes it, and whoever awaits it is told", async () => {
  const { stream, seen } = counting();
  for await (const event of stream) if (event === 2) break;
  expect(seen).toEqual([1, 2, "closed"]);
  await expect(stream).rejects.toMatchObject({ code: "stream/left", kind: "interrupted" });
});

test("an error reaches whoever awaits, iterates, or iterates late", async () => {
  await expect(counting(3).stream).rejects.toThrow("no 3");
  const followed = async (stream: EventStream<number, 4>) => {
    for await (const _ of stream);
  };
  await expect(followed(counting(3).stream)).rejects.toThrow("no 3");
  const late = counting(3);
  const caught = late.stream.catch((error: unknown) => (error as Error).message);
  await wait(10);
  expect(await caught).toBe("no 3");
  await expect(followed(late.stream)).rejects.toThrow("no 3");
});

test("`yield*` and `await using` take it as they take a generator", async () => {
  const { stream, seen } = counting();
  async function* outer() {
    yield* stream;
  }
  for await (const event of outer()) if (event === 3) break;
  expect(seen).toEqual([1, 2, 3, "closed"]);
  const other = counting();
  await other.stream.next();
  await other.stream[Symbol.asyncDispose]();
  expect(other.seen).toEqual([1, "closed"]);
});
