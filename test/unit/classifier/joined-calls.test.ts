import { describe, expect, test } from "vitest";
import { JoinedCalls } from "../../../src/classifier/joined-calls.ts";
import type { Text } from "../../../src/tables/dataset.ts";

/** Two numbers for each text: its length, and one more. What is asked is kept, and answered when the test says so. */
function calls() {
  const asked: { texts: readonly Text[]; signal: AbortSignal; answer: () => void; fail: (error: Error) => void }[] = [];
  const joined = new JoinedCalls(
    (texts, signal) =>
      new Promise((resolve, reject) => {
        const answer = () => resolve(Float32Array.from(texts.flatMap(({ length }) => [length, length + 1])));
        asked.push({ texts, signal, answer, fail: reject });
      }),
    2,
  );
  return { asked, joined };
}

const turns = async () => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};
const textsOf = (count: number, text: string) => new Array<string>(count).fill(text);

describe("calls", () => {
  test("of one turn are one computation, and each gets its own rows", async () => {
    const { asked, joined } = calls();
    const answers = Promise.all([joined.logits(["a", "bb"]), joined.logits(["ccc"]), joined.logits(["dddd"])]);
    await turns();
    expect(asked.map(({ texts }) => texts)).toEqual([["a", "bb", "ccc", "dddd"]]);
    asked[0]!.answer();
    expect((await answers).map((rows) => [...rows])).toEqual([
      [1, 2, 2, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  test("that come meanwhile wait, in their order, and are joined up to 1,024 texts; a larger one goes alone", async () => {
    const { asked, joined } = calls();
    const sizes = [1, 1000, 24, 5000, 1, 1];
    const answers = sizes.slice(0, 1).map((size) => joined.logits(textsOf(size, "a")));
    await turns();
    answers.push(...sizes.slice(1).map((size) => joined.logits(textsOf(size, "a"))));
    for (let done = 0; done < 4; done++) {
      await turns();
      asked[done]!.answer();
    }
    expect((await Promise.all(answers)).map(({ length }) => length / 2)).toEqual(sizes);
    expect(asked.map(({ texts }) => texts.length)).toEqual([1, 1024, 5000, 2]);
  });

  test("fail together, and the next ones are computed all the same", async () => {
    const { asked, joined } = calls();
    const failed = Promise.allSettled([joined.logits(["a"]), joined.logits(["b"])]);
    await turns();
    const after = joined.logits(["c"]);
    asked[0]!.fail(new Error("no memory"));
    expect((await failed).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await turns();
    asked[1]!.answer();
    expect([...(await after)]).toEqual([1, 2]);
  });
});

describe("a signal", () => {
  const stopped = { code: "predict/interrupted", kind: "interrupted" };

  test("takes a call out that waits, and stops a computation only where nobody else waits for it", async () => {
    const { asked, joined } = calls();
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const shared = [joined.logits(["a"], first.signal), joined.logits(["b"], second.signal)];
    await turns();
    const waiting = joined.logits(["c"], third.signal);
    third.abort();
    await expect(waiting).rejects.toMatchObject(stopped);
    first.abort();
    await expect(shared[0]).rejects.toMatchObject(stopped);
    expect(asked[0]!.signal.aborted).toBe(false);
    second.abort();
    await expect(shared[1]).rejects.toMatchObject(stopped);
    expect(asked[0]!.signal.aborted).toBe(true);
    asked[0]!.fail(new Error("stopped"));
    await turns();
    expect(asked).toHaveLength(1);
  });

  test("that was given before leaves nothing to do", async () => {
    const { asked, joined } = calls();
    await expect(joined.logits(["a"], AbortSignal.abort())).rejects.toMatchObject(stopped);
    await turns();
    expect(asked).toEqual([]);
  });
});
