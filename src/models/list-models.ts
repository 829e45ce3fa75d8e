/** What there is to choose from: every family of encoders, for programs that show or check them. */
import { architectures } from "./registry.ts";

/** A family of encoders as a program can show it. */
export interface ModelDescription {
  /** `model_type` of config.json. */
  readonly type: string;
  /** Name of the classifier in Transformers. */
  readonly architecture: string;
  /** Whether it tells the two texts of a pair apart by token types. */
  readonly tokenTypes: boolean;
}

/**
 * All families of encoders that `train` and `pretrain` take, by the `model_type` of their config.json.
 *
 * @returns for each its type, its name in Transformers, and what it has
 */
export function models(): ModelDescription[] {
  return Object.entries(architectures).map(([type, build]) => {
    const { architecture, tokenTypes } = build({ model_type: type }, 2);
    return { type, architecture, tokenTypes: tokenTypes > 1 };
  });
}
