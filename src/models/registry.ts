/** Every architecture by its `model_type`. */
import { z } from "zod";
import { problemOf } from "../base/check-json.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { albert } from "./albert.ts";
import { bert, bertConfig } from "./bert.ts";
import { bertLanguageModel } from "./bert-language-model.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import type { Encoder } from "./encoder.ts";
import type { HeadDescription } from "./head-choice.ts";
import type { LanguageModel } from "./language-model.ts";
import { modernBert } from "./modernbert.ts";
import { mpnet } from "./mpnet.ts";
import { roberta } from "./roberta.ts";

export interface Architecture {
  /** Builds the encoder from config.json's content, which it checks. */
  build(config: unknown, labelCount: number): Encoder;
  /** The same with a head that guesses masked tokens, where there is one. */
  languageModel?(config: unknown): LanguageModel;
}

/** By `model_type` of config.json. */
export const architectures: Readonly<Record<string, Architecture>> = {
  bert: {
    build: (config, labelCount) => bert(bertConfig.parse(config), labelCount),
    languageModel: (config) => bertLanguageModel(bertConfig.parse(config)),
  },
  distilbert: { build: distilbert },
  roberta: { build: roberta },
  "xlm-roberta": { build: roberta },
  camembert: { build: roberta },
  electra: { build: electra },
  mpnet: { build: mpnet },
  albert: { build: albert },
  modernbert: { build: modernBert },
};

/** The own heads of all architectures: the names that an adapter's modules may have before its model is known. */
export const knownHeads = (): HeadDescription[] =>
  Object.entries(architectures).map(([type, { build }]) => build({ model_type: type }, 1).classificationHead);

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
