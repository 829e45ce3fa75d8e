/** A tiny BERT and texts to train it on, as folder and file. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const FILLERS = ["the", "a", "cat", "dog", "running", "is", "was", "very"];

/** Labels in the order in which a data set has them. */
export const tinyLabels = ["down", "up"];

export function tinyFolder(root: string): { readonly model: string; readonly data: string } {
  const model = join(root, "base");
  mkdirSync(model, { recursive: true });
  cpSync(join(fixtures, "methods", "base"), model, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    cpSync(join(fixtures, "tokenizer", "uncased", file), join(model, file));
  const data = join(root, "data.csv");
  const texts = Array.from({ length: 60 }, (_, i) => {
    const shift = Math.floor(i / FILLERS.length); // No text is there twice.
    const [one, two, three] = [i, 3 * i + shift, 5 * i + 2].map((k) => FILLERS[k % FILLERS.length]);
    return i % 2 === 0 ? `${one} good ${two} happy ${three},up` : `${one} bad ${two} unhappy,down`;
  });
  writeFileSync(data, `text,label\n${texts.join("\n")}\n`);
  return { model, data };
}
