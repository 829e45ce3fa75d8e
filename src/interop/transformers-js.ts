/** A folder that transformers.js's `pipeline("text-classification", folder)` opens, whatever method and head. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { type OnnxWriter, toOnnx } from "../graph/onnx.ts";
import type { HostTensor, Tensor } from "../graph/tensor.ts";
import type { Encoder } from "../models/encoder.ts";
import { portable } from "../tokens/portable-tokenizer.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";
import { tokenizerFamily } from "../tokens/tokenizer-families.ts";
import { writeFiles } from "../tokens/tokenizer-files.ts";
import { type Int8Weights, int8Rules } from "./int8.ts";
import { paddedField, paddedInputs, paddedRules } from "./padded.ts";
import { configOf } from "./transformers.ts";

export interface OnnxFolder {
  /** Logits of a packed batch, with weights as inputs. */
  readonly program: Readonly<Record<string, Tensor>>;
  readonly encoder: Encoder;
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly tokenizer: Tokenizer;
  /** Longest text in tokens. */
  readonly maxLength: number;
  /** Whether a dynamically quantized model is written too. */
  readonly int8: boolean;
  /** From so many bytes of weights on they stand in a file of their own; a protobuf file cannot pass 2 GiB. */
  readonly externalBytes?: number;
}

const EXTERNAL_BYTES = 2 ** 31 - 2 ** 26;
export const FLOAT_MODEL = "onnx/model.onnx";
export const INT8_MODEL = "onnx/model_quantized.onnx";

/** Writes the files into a folder that is there. */
export function fillOnnxFolder(folder: string, model: OnnxFolder): void {
  const { encoder, weights, int8 } = model;
  mkdirSync(join(folder, "onnx"));
  const bytes = encoder.parameters.reduce((sum, { name }) => sum + weights[name]!.data.byteLength, 0);
  const isExternal = bytes >= (model.externalBytes ?? EXTERNAL_BYTES);
  writeModel(join(folder, FLOAT_MODEL), model, isExternal);
  if (int8) writeModel(join(folder, INT8_MODEL), model, false, int8Rules(encoder, weights));
  writeJson(join(folder, "config.json"), {
    ...configOf(model),
    "transformers.js_config": {
      // In browsers, transformers.js asks for the quantized model unless it is told otherwise.
      ...(!int8 && { dtype: "fp32" }),
      ...(isExternal && { use_external_data_format: { "model.onnx": true } }),
    },
  });
  writeTokenizer(folder, model);
}

function writeModel(file: string, model: OnnxFolder, isExternal: boolean, int8?: Int8Weights): void {
  const { program, weights, encoder } = model;
  const data = isExternal ? new ExternalData(`${file}_data`) : undefined;
  const names = new Set(encoder.parameters.map(({ name }) => name));
  // A text of no words is an opening token and the one that ends each text.
  const endId = model.tokenizer.encode("", Number.POSITIVE_INFINITY).ids.at(-1)!;
  const texts = { ...encoder, maxLength: model.maxLength, endId };
  const bytes = toOnnx(program, {
    declared: paddedInputs(encoder),
    rules: new Map([...paddedRules, ...(int8?.rules ?? [])]),
    inputs: (name, writer) => {
      if (!names.has(name)) return paddedField(name, writer, texts);
      return int8?.replaces(name) ? name : addWeight(writer, name, weights[name]!, data);
    },
  });
  data?.close();
  writeFileSync(file, bytes);
}

function addWeight(writer: OnnxWriter, name: string, { dims, data }: HostTensor, external?: ExternalData): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const place = external ? external.add(bytes) : { rawData: bytes };
  return writer.initializer(name, { dims, dataType: 1, ...place });
}

/** Weights one after the other in a file beside the model's. */
class ExternalData {
  readonly #file: number;
  readonly #location: string;
  #at = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
    this.#location = basename(path);
  }

  add(bytes: Uint8Array): object {
    const entry = { location: this.#location, offset: String(this.#at), length: String(bytes.length) };
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, Math.min(bytes.length - done, 2 ** 30));
    this.#at += bytes.length;
    return { dataLocation: 1, externalData: Object.entries(entry).map(([key, value]) => ({ key, value })) };
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The tokenizer's files, with what transformers.js needs in them: portable steps, a pad token, and the length to cut at. */
function writeTokenizer(folder: string, { tokenizer, maxLength, config: { model_type: modelType } }: OnnxFolder): void {
  const { definition, config, tokens } = tokenizer;
  const family = tokenizerFamily(undefined, String(modelType));
  const named = Object.fromEntries(Object.entries(tokens).map(([name, token]) => [`${name}_token`, token]));
  const direction = (config as { truncation_side?: string }).truncation_side === "left" ? "Left" : "Right";
  const truncation = { direction, max_length: maxLength, strategy: "LongestFirst", stride: 0 };
  const changed: Readonly<Record<string, object>> = {
    "tokenizer.json": { ...portable(definition), padding: null, truncation },
    "tokenizer_config.json": {
      ...{ tokenizer_class: family?.className ?? "BertTokenizer", pad_token: "[PAD]", ...named },
      ...config,
      // transformers.js runs tokenizer.json in any case, and goes by the class for the types of a pair.
      ...(family?.kind === "sentencepiece" && { tokenizer_class: family.className }),
      model_max_length: maxLength,
    },
  };
  writeFiles(folder, [
    ...tokenizer.files(maxLength).filter(({ name }) => !Object.hasOwn(changed, name)),
    ...Object.entries(changed).map(([name, value]) => ({ name, text: `${JSON.stringify(value)}\n` })),
  ]);
}

const writeJson = (file: string, value: unknown): void => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
