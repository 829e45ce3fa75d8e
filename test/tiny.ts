/** A model folder and a data set so small that a whole run takes a fraction of a second, and learns all the same. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normal, randomKey, uint32 } from "../src/base/random.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";

/** Options of `train` with which the loss falls within three epochs. */
export const tinyTraining = { batchSize: 4, learningRate: 5e-3 } as const;

const tokenizer = fileURLToPath(new URL("fixtures/tokenizer/uncased", import.meta.url));
/** Pieces that this tokenizer knows. */
const VOCABULARY = 158;

export interface TinyModelOptions {
  /** @default 1 */
  readonly layers?: number;
  /** Everywhere that BERT has it. @default 0.1 */
  readonly dropout?: number;
  /** @default 32 */
  readonly hidden?: number;
  /** Tokens of the longest text. @default 16 */
  readonly positions?: number;
}

/** Writes a pretrained encoder without a head, always the same for the same options, and returns its folder. */
export function tinyModel(
  folder: string,
  { layers = 1, dropout = 0.1, hidden = 32, positions = 16 }: TinyModelOptions = {},
): string {
  const config = {
    architectures: ["BertModel"],
    model_type: "bert",
    vocab_size: VOCABULARY,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    intermediate_size: 2 * hidden,
    max_position_embeddings: positions,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    initializer_range: 0.1,
    pad_token_id: 0,
  };
  const { parameters } = buildEncoder(config, 2, "config.json");
  const tensors = parameters
    .filter(({ part }) => part === "encoder")
    .map(({ name, shape, kind }) => {
      const key = randomKey(0, "sample", name);
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.2 * normal(key, i));
      return { name, shape, data: kind === "layerNormWeight" ? data.map((value) => 1 + value) : data };
    });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  writeSafetensors(join(folder, "model.safetensors"), tensors);
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(tokenizer, file), join(folder, file));
  return folder;
}

const WORDS = { positive: ["good", "happy"], negative: ["bad", "unhappy"] };
const FILLERS = ["the", "a", "cat", "dog", "running", "is", "was", "café", "very", "strasse"];

export interface TinyDataOptions {
  /** Rows of train.csv; validation.csv and test.csv have a third as many. @default 48 */
  readonly rows?: number;
}

/** Writes train.csv, validation.csv and test.csv with columns text and label, no text twice, and returns their folder. */
export function tinyData(folder: string, { rows = 48 }: TinyDataOptions = {}): string {
  mkdirSync(folder, { recursive: true });
  const seen = new Set<string>();
  for (const split of ["train", "validation", "test"]) {
    const count = split === "train" ? rows : Math.ceil(rows / 3);
    const lines = Array.from({ length: count }, (_, row) => {
      const label = row % 2 === 0 ? "positive" : "negative";
      let text = tinyText(label, randomKey(0, "sample", split, row));
      for (let again = 1; seen.has(text); again++) text = tinyText(label, randomKey(0, "sample", split, row, again));
      seen.add(text);
      return `${text},${label}`;
    });
    writeFileSync(join(folder, `${split}.csv`), `${["text,label", ...lines].join("\n")}\n`);
  }
  return folder;
}

function tinyText(label: keyof typeof WORDS, key: number): string {
  const pick = <T>(values: readonly T[], draw: number) => values[uint32(key, draw) % values.length]!;
  const before = Array.from({ length: uint32(key, 0) % 4 }, (_, i) => pick(FILLERS, 10 + i));
  const after = Array.from({ length: uint32(key, 1) % 4 }, (_, i) => pick(FILLERS, 20 + i));
  return [pick(WORDS[label], 2), ...before, pick(WORDS[label], 3), ...after].join(" ");
}
