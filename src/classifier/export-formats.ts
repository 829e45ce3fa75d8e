/** The formats of others that a model is written in. */

/**
 * - `peft`: an adapter folder, for methods that PEFT has
 * - `transformers`: a whole model, with what the method added merged into it; where Transformers has no head like its own, with the
 *   head's code in the folder (modeling_attune.py), for `trust_remote_code=True`
 * - `onnx`: a folder that transformers.js opens, whatever the method and the head
 */
export const exportFormats = ["peft", "transformers", "onnx"] as const;
export type ExportFormat = (typeof exportFormats)[number];
