/** Names that PEFT's adapter folders have in common. */

export const CONFIG = "adapter_config.json";
export const WEIGHTS = "adapter_model.safetensors";
/** Where an adapter has no safetensors file. */
export const PICKLED_WEIGHTS = "adapter_model.bin";
/** Not PEFT's: an adapter only counts its labels, and here stand their names. */
export const LABELS = "labels.json";
/** PEFT stores these for every sequence classifier, whichever of them a model has. */
export const HEAD_MODULES: readonly string[] = ["classifier", "score"];
