/** Work whose events are a stream. */
import { expect, test } from "vitest";
import { eventsOf } from "../../../src/base/event-queue.ts";

test("events of work come in order, and so does its failure", async () => {
  const event = (bytes: number) => ({ type: "download", repo: "a/b", file: "c", bytes, totalBytes: 3 }) as const;
  const working = eventsOf<never, ReturnType<typeof event>>(async (onEvent) => {
    onEvent(event(1));
    await null;
    onEvent(event(2));
    onEvent(event(3));
    throw new Error("broken");
  });
  const seen: number[] = [];
  await expect(async () => {
    for await (const found of working) if (found.type === "download") seen.push(found.bytes);
  }).rejects.toThrow("broken");
  expect(seen).toEqual([1, 2, 3]);
});
