/** Every architecture by its `model_type`. */
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import { bert, bertConfig } from "./bert.ts";
import type { Encoder } from "./encoder.ts";

interface Architecture {
  /** Builds the encoder from config.json's content, which it checks. */
  build(config: unknown, labelCount: number): Encoder;
}

const architectures: Readonly<Record<string, Architecture>> = {
  bert: { build: (config, labelCount) => bert(bertConfig.parse(config), labelCount) },
};

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
    throw new AttuneError(
      "model/architecture",
      `${file}: model_type is ${JSON.stringify(type) ?? "missing"}; Attune can train ${known} so far`,
    );
  }
  try {
    return architectures[type]!.build(config, labelCount);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const issue = error.issues[0]!;
    throw new AttuneError("model/config", `${file}: "${issue.path.join(".")}" cannot be used: ${issue.message}`);
  }
}
