/** The contract of a fine-tuning method. Shared code asks a method for facts and never which method it is. */
import type { Parameter } from "../models/encoder.ts";

export interface Method {
  /** One sentence for `--help` and reports. */
  readonly summary: string;
  /** Whether training changes this parameter of the model. */
  trains(parameter: Parameter): boolean;
}
