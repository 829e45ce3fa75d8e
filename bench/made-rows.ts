/** A CSV file of as many labelled rows as are asked for. */
import { closeSync, openSync, writeSync } from "node:fs";
import { randomKey, uint32 } from "../src/base/random.ts";

const WORDS = "the a i feel very happy sad good bad cat dog running was is it that so and then more again".split(" ");
const LABELS = ["joy", "anger", "fear", "love"];

/** Rows of 5 to 24 words, no text twice; every fifth in quotes. */
export function writeMadeRows(path: string, count: number): void {
  const file = openSync(path, "w");
  writeSync(file, "text,label\n");
  for (let from = 0; from < count; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, count - from) }, (_, i) => {
      const key = randomKey(0, "sample", from + i);
      const words = Array.from(
        { length: 5 + (uint32(key, 0) % 20) },
        (_, k) => WORDS[uint32(key, k + 1) % WORDS.length],
      );
      const text = `${words.join(" ")} ${from + i}`;
      return `${i % 5 === 0 ? `"${text}, so"` : text},${LABELS[uint32(key, 99) % LABELS.length]}\n`;
    });
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}
