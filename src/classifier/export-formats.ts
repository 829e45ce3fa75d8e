/** The formats of others that a model is written in. */
import type { FetchEvent } from "../hub/fetch-events.ts";

/**
 * - `peft`: an adapter folder, for methods that PEFT has
 * - `transformers`: a whole model, with what the method added merged into it; where Transformers has no head like its own, with the
 *   head's code in the folder (modeling_attune.py), for `trust_remote_code=True`
 * - `onnx`: a folder that transformers.js opens, whatever the method and the head
 */
export const exportFormats = ["peft", "transformers", "onnx"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Folder to be made; it must not exist yet. */
  readonly out: string;
  /** With `onnx`: write a dynamically quantized model as well, and measure on a run's test texts what that changes. @default false */
  readonly int8?: boolean;
  /** With `peft`: what the adapter calls its base, for example its name on the Hub. @default its name there, or its path */
  readonly base?: string;
  /** What the card calls the model. @default the folder's name */
  readonly name?: string;
  /** Languages of the texts in the card, as codes such as "en". @default those of the base model's card */
  readonly language?: readonly string[];
  /** Branch, tag or commit of a model on the Hub. @default "main" */
  readonly revision?: string;
  /** Called with the progress of what is fetched from the Hub. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Folder of an adapter for the model: PEFT's, or of a run. */
  readonly adapter?: string;
  /** Names of the labels in order, as many as the model has. @default the adapter's, else the model's, else LABEL_0, LABEL_1, … */
  readonly labels?: readonly string[];
  /** Longest text in tokens, where the files say it. @default as in training, else as the model's files say */
  readonly maxLength?: number;
}
