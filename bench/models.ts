/** Models that a bench makes on the spot: speed does not ask what the weights are. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "../src/base/size-of.ts";
import { CpuStore } from "../src/engine/cpu-store.ts";
import { float32 } from "../src/engine/engine-tensors.ts";
import { tensorsOf, writeFolder, writeModelFolder } from "../src/interop/transformers.ts";
import { fillOnnxFolder } from "../src/interop/transformers-js.ts";
import { longestText } from "../src/models/model-limits.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { newLanguageModel } from "../src/pretrained/open-language-model.ts";
import { drawWeights, openModel } from "../src/pretrained/open-model.ts";
import { loadTokenizer } from "../src/tokens/tokenizer.ts";
import { evaluationProgram } from "../src/train/program.ts";
import { type BaseModel, baseModels, VOCABULARY } from "./base-models.ts";
import type { ModelKind } from "./jobs.ts";

/** The folder of a model; one of base size is written inside of `folder`, with the tokenizer of the folder `given`. */
export const folderOf = async (kind: ModelKind, folder: string, given: string): Promise<string> =>
  kind === "model" ? given : writeBase(kind, join(folder, kind), given);

async function writeBase(kind: BaseModel, folder: string, tokenizerFolder: string): Promise<string> {
  const { config } = baseModels[kind];
  const tokenizer = loadTokenizer(tokenizerFolder);
  if (tokenizer.largestId >= VOCABULARY)
    throw new Error(`${tokenizerFolder}: this tokenizer has more than BERT's ${VOCABULARY} pieces`);
  const encoder = buildEncoder(config, 2, "config.json");
  const own = encoder.parameters.filter(({ part }) => part !== "classifier");
  const { weights } = new CpuStore(own);
  for (const parameter of own)
    drawWeights(parameter, weights[parameter.name]!.data as Float32Array, 0, encoder.initializerRange);
  await writeFolder(folder, {
    config,
    tensors: tensorsOf(own, weights),
    files: tokenizer.files(encoder.maxPositions),
  });
  return folder;
}

/** The shape of a language model that begins with weights by chance. */
export interface LanguageModelShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly positions: number;
}

/** Writes such a model, which BertForMaskedLM opens, with the tokenizer of another folder. */
export function writeLanguageModel(
  folder: string,
  tokenizerFolder: string,
  { layers, hidden, heads, positions }: LanguageModelShape,
): string {
  const config = {
    ...baseModels["bert-base"].config,
    architectures: ["BertForMaskedLM"],
    vocab_size: loadTokenizer(tokenizerFolder).largestId + 1,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * hidden,
    max_position_embeddings: positions,
  };
  return writeDrawnModel(folder, tokenizerFolder, config, 0);
}

/** Writes the language model that a config.json describes, before any training; returns its folder. */
export function writeDrawnModel(
  folder: string,
  tokenizerFolder: string,
  config: Readonly<Record<string, unknown>>,
  seed: number,
): string {
  const { model, readInto } = newLanguageModel(config);
  const { parameters } = model.encoder;
  const weights = Object.fromEntries(
    parameters.map(({ name, shape }) => [name, float32(new Float32Array(sizeOf(shape)), shape)]),
  );
  readInto((name) => weights[name]!.data as Float32Array, seed);
  const files = loadTokenizer(tokenizerFolder).files(model.encoder.maxPositions);
  writeFolder(folder, { config, tensors: tensorsOf(parameters, weights), files });
  return folder;
}

/** Writes a classifier with a head by chance twice, for Attune and (in float32 and in 8 bits) for transformers.js; returns both folders. */
export async function writeClassifiers(
  folder: string,
  base: string,
  labels: readonly string[],
): Promise<{ readonly model: string; readonly onnx: string }> {
  const { encoder, config, readInto, close } = await openModel(base, labels);
  const { weights } = new CpuStore(encoder.parameters);
  readInto((name) => weights[name]!.data as Float32Array, 0);
  close();
  const tokenizer = loadTokenizer(base);
  const [model, onnx] = [join(folder, "model"), join(folder, "onnx")];
  await writeModelFolder(model, { encoder, config, labels, weights, files: tokenizer.files(encoder.maxPositions) });
  mkdirSync(onnx);
  const program = evaluationProgram(encoder);
  const maxLength = longestText(undefined, encoder);
  fillOnnxFolder(onnx, { program, encoder, config, labels, weights, tokenizer, maxLength, int8: true });
  return { model, onnx };
}
