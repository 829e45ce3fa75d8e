/** The formats of others that a model is written in. */

/**
 * - `peft`: an adapter folder, for methods that PEFT has
 * - `transformers`: a whole model, with what the method added merged into it
 * - `onnx`: a folder that transformers.js opens, whatever the method and the head
 */
export const exportFormats = ["peft", "transformers", "onnx"] as const;
export type ExportFormat = (typeof exportFormats)[number];
