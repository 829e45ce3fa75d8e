/** What methods with virtual tokens share: the room they take, and their keys in PEFT's adapter_config.json. */
import { AttuneError } from "../base/error.ts";
import type { Encoder } from "../models/encoder.ts";

/** A model has a fixed number of positions, and at least [CLS] and [SEP] must find room beside virtual tokens. */
export function requireRoom({ maxPositions }: Encoder, virtualTokens: number): void {
  if (virtualTokens > maxPositions - 2)
    throw new AttuneError(
      "options/virtual-tokens",
      `--virtual-tokens cannot be ${virtualTokens}: the model has ${maxPositions} positions`,
    );
}

/** The keys that all of PEFT's prompt methods have. */
export const peftSizes = ({ heads, layers, hiddenSize }: Encoder, virtualTokens: number) => ({
  num_attention_heads: heads,
  num_layers: layers,
  num_transformer_submodules: 1,
  num_virtual_tokens: virtualTokens,
  token_dim: hiddenSize,
});

/** An encoder is one transformer; PEFT counts two where there is a decoder. */
export const twoTransformers = (config: Readonly<Record<string, unknown>>): string | undefined =>
  (config.num_transformer_submodules ?? 1) === 1 ? undefined : "num_transformer_submodules other than 1";
