/** Every architecture by its `model_type`. */
import { z } from "zod";
import { problemOf } from "../base/check-json.ts";
import { AttuneError, listOf } from "../base/error.ts";
import { albert } from "./albert.ts";
import { bert } from "./bert.ts";
import { deberta } from "./deberta.ts";
import { distilbert } from "./distilbert.ts";
import { electra } from "./electra.ts";
import type { Encoder } from "./encoder.ts";
import type { HeadDescription } from "./head-choice.ts";
import { insteadOf } from "./instead.ts";
import { type LanguageModel, languageModel } from "./language-model.ts";
import { modernBert } from "./modernbert.ts";
import { mpnet } from "./mpnet.ts";
import { roberta } from "./roberta.ts";

/** Builds an encoder with a head for that many labels from config.json's content, which it checks. */
export type Architecture = (config: unknown, labelCount: number) => Encoder;

/** By `model_type` of config.json. */
export const architectures: Readonly<Record<string, Architecture>> = {
  bert,
  distilbert,
  roberta,
  "xlm-roberta": roberta,
  camembert: roberta,
  electra,
  mpnet,
  albert,
  modernbert: modernBert,
  "deberta-v2": deberta,
};

/** The own heads of all architectures: the names that an adapter's modules may have before its model is known. */
export const knownHeads = (): HeadDescription[] =>
  Object.entries(architectures).map(([type, build]) => build({ model_type: type }, 1).classificationHead);

/** The encoder that a config.json describes, with a head that guesses masked tokens. `file` is named in errors. */
export function buildLanguageModel(config: unknown, file: string): LanguageModel {
  const encoder = buildEncoder(config, 1, file);
  return languageModel(encoder, encoder.languageHead);
}

/** The encoder that a config.json describes, with a head for `labelCount` labels. `file` is named in errors. */
export function buildEncoder(config: unknown, labelCount: number, file: string): Encoder {
  const { model_type: type, quantization_config: quantized } = config as Readonly<Record<string, unknown>>;
  if (quantized !== undefined && quantized !== null)
    throw new AttuneError(
      "model/quantized",
      `${file}: quantization_config says that the weights are quantized; take the model as it was before, in F32, F16 or BF16`,
    );
  if (typeof type !== "string" || !Object.hasOwn(architectures, type)) {
    const known = listOf(Object.keys(architectures));
    const instead = typeof type === "string" ? insteadOf(type) : undefined;
    throw new AttuneError(
      "model/architecture",
      `${file}: model_type is ${JSON.stringify(type) ?? "missing"}; Attune can train ${known} so far${instead ? `; ${instead}` : ""}`,
    );
  }
  try {
    return architectures[type]!(config, labelCount);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new AttuneError("model/config", `${file}: ${problemOf(error.issues[0]!, config)}`);
  }
}
