/** Every architecture by its `model_type`. */
import { z } from "zod";
import { problemOf } from "../base/check-json.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { bert, bertConfig } from "./bert.ts";
import { bertLanguageModel } from "./bert-language-model.ts";
import type { Encoder } from "./encoder.ts";
import type { LanguageModel } from "./language-model.ts";

interface Architecture {
  /** Builds the encoder from config.json's content, which it checks. */
  build(config: unknown, labelCount: number): Encoder;
  /** The same with a head that guesses masked tokens, where there is one. */
  languageModel?(config: unknown): LanguageModel;
}

const architectures: Readonly<Record<string, Architecture>> = {
  bert: {
    build: (config, labelCount) => bert(bertConfig.parse(config), labelCount),
    languageModel: (config) => bertLanguageModel(bertConfig.parse(config)),
  },
};

/** The encoder that a config.json describes, with a head for `labelCount` labels. `file` is named in errors. */
export function buildEncoder(config: unknown, labelCount: number, file: string): Encoder {
  return build(config, file, (architecture) => architecture.build(config, labelCount));
}

/** The encoder that a config.json describes, with a head that guesses masked tokens. `file` is named in errors. */
export function buildLanguageModel(config: unknown, file: string): LanguageModel {
  return build(config, file, ({ languageModel }, type) => {
    if (languageModel) return languageModel(config);
    throw new AttuneError(
      "model/no-language-model",
      `${file}: model_type is "${type}", which Attune cannot pre-train yet; take a BERT`,
    );
  });
}

function build<Model>(config: unknown, file: string, make: (architecture: Architecture, type: string) => Model): Model {
  const { model_type: type, quantization_config: quantized } = config as Readonly<Record<string, unknown>>;
  if (quantized !== undefined && quantized !== null)
    throw new AttuneError(
      "model/quantized",
      `${file}: quantization_config says that the weights are quantized; take the model as it was before, in F32, F16 or BF16`,
    );
  if (typeof type !== "string" || !Object.hasOwn(architectures, type)) {
    const known = listOf(Object.keys(architectures));
    throw new AttuneError(
      "model/architecture",
      `${file}: model_type is ${JSON.stringify(type) ?? "missing"}; Attune can train ${known} so far`,
    );
  }
  try {
    return make(architectures[type]!, type);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new AttuneError("model/config", `${file}: ${problemOf(error.issues[0]!, config)}`);
  }
}
