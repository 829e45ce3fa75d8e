/** Which words an answer depends on: a model whose probabilities are known says what each of them adds. */
import { describe, expect, test } from "vitest";
import type { Prediction } from "../../../src/classifier/classifier.ts";
import type { Text } from "../../../src/tables/dataset.ts";
import { occlusion } from "../../../src/web/occlusion.ts";

const WORTH: Readonly<Record<string, number>> = { good: 0.3, bad: -0.4, fine: 0.1 };

/** Each word adds what it is worth to a half. */
function answer(text: Text): Prediction {
  const words =
    [text]
      .flat()
      .join(" ")
      .match(/\p{L}+/gu) ?? [];
  const probability = words.reduce((sum, word) => sum + (WORTH[word] ?? 0), 0.5);
  return { label: "yes", scores: [], probabilities: { yes: probability, no: 1 - probability }, logits: [] };
}

describe("occlusion", () => {
  const ask = (text: Text, label = "yes") => occlusion(text, label, async (texts) => texts.map(answer));
  const weights = async (text: Text, label?: string) =>
    (await ask(text, label)).map((side) =>
      side.flatMap(({ text: word, weight }) => (weight === null ? [] : [[word, Number(weight.toFixed(9))]])),
    );

  test("gives each word what its absence takes away", async () => {
    expect(await weights("Good, good <b>bad!")).toEqual([
      [
        ["Good", 0],
        ["good", 0.3],
        ["b", 0],
        ["bad", -0.4],
      ],
    ]);
    expect(await weights("good", "no")).toEqual([[["good", -0.3]]]);
  });

  test("keeps the text letter for letter", async () => {
    const text = "  good\n\t— <img onerror=1> 好 👍🏽 ";
    const [pieces] = await ask(text);
    expect(pieces!.map((piece) => piece.text).join("")).toBe(text);
    expect((await ask(""))[0]).toEqual([]);
  });

  test("takes both texts of a pair", async () => {
    expect(await weights(["good", "fine bad"])).toEqual([
      [["good", 0.3]],
      [
        ["fine", 0.1],
        ["bad", -0.4],
      ],
    ]);
  });

  test("asks about a long text in few questions, with neighbouring words left out together", async () => {
    const asked: Text[] = [];
    const text = `${"word ".repeat(1000)}good`;
    const [pieces] = await occlusion(text, "yes", async (texts) => {
      asked.push(...texts);
      return texts.map(answer);
    });
    expect(asked.length).toBeLessThanOrEqual(161);
    expect(pieces!.at(-1)).toEqual({ text: "good", weight: expect.closeTo(0.3, 9) });
  });
});
