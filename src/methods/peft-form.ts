/** How PEFT names a method and its parts: what `interop/peft*` need to write and read its files. */
import type { Encoder } from "../models/encoder.ts";
import type { TensorToWrite } from "../weights/safetensors.ts";
import type { Semantics } from "./semantics.ts";

export interface PeftForm<Options> {
  /** `peft_type` of adapter_config.json. */
  readonly type: string;
  /** What stands before the names of the model's own parameters, and before those of what the method adds. */
  readonly prefix: string;
  readonly addedPrefix: string;
  /** Why PEFT has no such adapter for that encoder, or undefined if it has. */
  refusal?(options: Options, semantics: Semantics, encoder: Encoder): string | undefined;
  /**
   * The same adapter where layers whose own weights are among the tensors have taken in what was added to them: PEFT saves a
   * layer as a whole or adds to it, not both. Undefined where there are none, and where nothing added would be left.
   */
  takenIn?(encoder: Encoder, options: Options, tensors: readonly TensorToWrite[]): Taken<Options> | undefined;
  /** Its own keys of adapter_config.json. */
  write(encoder: Encoder, options: Options): Record<string, unknown>;
  /** What a parameter of the model is called where it is stored, without the prefix. */
  nameOf?(encoder: Encoder, options: Options, parameter: string): string;
  /** Keys of adapter_config.json that `read` understands, and those that do not matter once training is over. */
  readonly understood: readonly string[];
  readonly ignored: readonly string[];
  /** What of a config Attune cannot do, as the beginning of the sentence "… is not supported". */
  unreadable?(config: Readonly<Record<string, unknown>>): string | undefined;
  /** Options from those keys and the names of the stored parameters, as Attune has them. */
  read(config: Readonly<Record<string, unknown>>, parameters: readonly string[]): Readonly<Record<string, unknown>>;
  /** Names of what an adapter with such a config must hold of its own, as Attune has them. */
  holds(encoder: Encoder, config: Readonly<Record<string, unknown>>): readonly string[];
}

interface Taken<Options> {
  readonly options: Options;
  readonly tensors: readonly TensorToWrite[];
}
