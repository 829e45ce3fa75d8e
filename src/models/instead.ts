/** Architectures that people meet and that Attune cannot train: what to take in their place. */

/** By values of `model_type`. */
export const refused: readonly (readonly [types: readonly string[], instead: string])[] = [
  [["deberta"], "this is version 1; take microsoft/deberta-v3-small, -base or -large, which have the type deberta-v2"],
  [["xlm-roberta-xl"], "take FacebookAI/xlm-roberta-large"],
  [["gte", "new"], "take Alibaba-NLP/gte-modernbert-base"],
  [["nomic_bert"], "take nomic-ai/modernbert-embed-base"],
  [["eurobert", "neobert"], "take answerdotai/ModernBERT-base, or jhu-clsp/mmBERT-base for many languages"],
  [
    ["longformer", "big_bird", "nystromformer", "led"],
    "take answerdotai/ModernBERT-base, which reads texts of 8,192 tokens",
  ],
  [
    ["funnel", "roformer", "convbert", "squeezebert", "mobilebert", "fnet", "xlnet", "rembert", "ernie"],
    "take FacebookAI/roberta-base or microsoft/deberta-v3-base",
  ],
  [["t5", "mt5", "bart", "mbart"], "it writes text; take an encoder alone, like FacebookAI/roberta-base"],
  [
    ["gpt2", "gpt_neox", "opt", "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi", "phi3"],
    "it writes text; take an encoder, like answerdotai/ModernBERT-base",
  ],
  [["modernbert-decoder"], "it writes text; take the encoder, like answerdotai/ModernBERT-base"],
];

/** What to do about a model of that `model_type`, where there is something to be said. */
export const insteadOf = (type: string): string | undefined => refused.find(([types]) => types.includes(type))?.[1];
