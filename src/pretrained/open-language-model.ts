/** A model folder without regard to labels: with a language head, or as a bare encoder. */
import { join } from "node:path";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { buildEncoder, buildLanguageModel } from "../models/registry.ts";
import { readStored } from "../models/stored-form.ts";
import { openWeights } from "../weights/weight-files.ts";
import { checkShape, drawWeights, locateParameters, readModelConfig } from "./open-model.ts";

/** Fills one array for each parameter. */
export type ReadWeights = (weights: (name: string) => Float32Array, seed: number) => void;

export interface OpenedLanguageModel {
  readonly model: LanguageModel;
  /** config.json as it is. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the user should know: parts that were drawn fresh. */
  readonly notes: readonly string[];
  readonly readInto: ReadWeights;
}

/** A pretrained encoder with its language head; without one in the file, the head is drawn. */
export async function openLanguageModel(folder: string): Promise<OpenedLanguageModel> {
  const file = join(folder, "config.json");
  const config = await readModelConfig(file);
  const model = buildLanguageModel(config, file);
  const { fresh, readInto } = reader(folder, model.encoder);
  const notes = fresh.length > 0 ? ["The language head is drawn fresh: the file has none."] : [];
  return { model, config, notes, readInto };
}

/** A new model of that config.json, all of it drawn. */
export function newLanguageModel(config: Readonly<Record<string, unknown>>): OpenedLanguageModel {
  const model = buildLanguageModel(config, "config.json");
  return { model, config, notes: [], readInto: (weights, seed) => drawAll(model.encoder, weights, seed) };
}

function drawAll(
  { parameters, initializerRange }: Pick<Encoder, "parameters" | "initializerRange">,
  weights: (name: string) => Float32Array,
  seed: number,
): void {
  for (const parameter of parameters) drawWeights(parameter, weights(parameter.name), seed, initializerRange);
}

/** An encoder without any head. */
export async function openBareEncoder(
  folder: string,
): Promise<{ readonly encoder: Encoder; readonly readInto: ReadWeights }> {
  const file = join(folder, "config.json");
  const whole = buildEncoder(await readModelConfig(file), 1, file);
  const encoder = { ...whole, parameters: whole.parameters.filter(({ part }) => part === "encoder") };
  return { encoder, readInto: reader(folder, encoder).readInto };
}

/** What a file holds is checked at once, and read when it is asked for. */
function reader(folder: string, encoder: Omit<Encoder, "logits" | "pool">) {
  const weights = openWeights(folder);
  try {
    const stored = locateParameters(folder, encoder, weights);
    const found = encoder.parameters.filter(({ name }) => stored.has(name));
    for (const parameter of found) checkShape(folder, parameter, stored, weights);
    const fresh: readonly Parameter[] = encoder.parameters.filter(({ name }) => !stored.has(name));
    const readInto: ReadWeights = (arrayOf, seed) => {
      const opened = openWeights(folder);
      for (const parameter of found)
        readStored(parameter, arrayOf(parameter.name), (tensor) =>
          opened.readFloat32(stored.get(parameter.name)!, tensor),
        );
      opened.close();
      drawAll({ ...encoder, parameters: fresh }, arrayOf, seed);
    };
    return { fresh, readInto };
  } finally {
    weights.close();
  }
}
