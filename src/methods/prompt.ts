/** Prompt tuning: trained vectors stand before the words of every text, as if they were words. */
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { fillNormal, randomKey, uniform } from "../base/random.ts";
import { add, mul } from "../graph/ops/elementwise.ts";
import { constant } from "../graph/ops/leaf.ts";
import { affine, product } from "../graph/ops/linalg.ts";
import { virtualTokenInput } from "../models/batch.ts";
import { type AddedParameter, defineMethod, type Start, trainsHead } from "./method.ts";
import { byWidth, forDrawnHead, searchedOnMini } from "./recipe-entry.ts";
import { peftSizes, requireRoom, twoTransformers } from "./virtual-tokens.ts";

const NAME = "prompt_embeddings";

const options = z.strictObject({
  virtualTokens: z.number().int().positive().default(20).describe("how many tokens stand before each text"),
  init: z
    .enum(["text", "vocabulary", "random"])
    .default("text")
    .describe("what they begin as: the words of a text, words by chance, or numbers by chance"),
  initText: z.string().min(1).default("Classify this text.").describe("the text to begin with, repeated to length"),
});

export const prompt = defineMethod({
  title: "Prompt tuning",
  summary: "train vectors that stand before the words of every text, and the head",
  about:
    "A few vectors are put before the words of every text, as if they were words, and are trained together with the classifier. " +
    "Everything else is frozen, so the model is steered through its input alone. " +
    "The vectors learn slowly and need a learning rate far above that of full fine-tuning.",
  chooseWhen:
    "Choose it when one frozen large model serves many tasks and each may take a few kilobytes only; with small encoders it is seldom the best.",
  paper: {
    title: "The Power of Scale for Parameter-Efficient Prompt Tuning (Lester et al. 2021)",
    url: "https://arxiv.org/abs/2104.08691",
  },
  options,
  recipes: {
    tuned: { options: { learningRate: byWidth(5e-2), headLearningRate: forDrawnHead(1e-2) } },
    demo: { options: { learningRate: searchedOnMini(3e-2) } },
  },
  peft: {
    type: "PROMPT_TUNING",
    prefix: "base_model.",
    addedPrefix: "",
    refusal: (_options, semantics) =>
      semantics === "peft"
        ? undefined
        : "PEFT pools the first virtual token, and this prompt was trained with [CLS] pooled; train with --semantics peft",
    // Nothing is drawn or looked up when it is loaded: the vectors are there.
    write: (encoder, { virtualTokens }) => ({
      ...peftSizes(encoder, virtualTokens),
      token_dim: encoder.embeddingSize,
      prompt_tuning_init: "RANDOM",
      prompt_tuning_init_text: null,
      tokenizer_kwargs: null,
      tokenizer_name_or_path: null,
    }),
    understood: ["num_virtual_tokens", "num_transformer_submodules"],
    ignored: [
      "num_attention_heads",
      "num_layers",
      "token_dim",
      "prompt_tuning_init",
      "prompt_tuning_init_text",
      "tokenizer_kwargs",
      "tokenizer_name_or_path",
    ],
    unreadable: twoTransformers,
    read: ({ num_virtual_tokens }) => ({ virtualTokens: num_virtual_tokens }),
    holds: () => [NAME],
  },
  adapt: (encoder, { virtualTokens: count, init, initText }, context) => {
    requireRoom(encoder, count);
    const parameter: AddedParameter = {
      name: NAME,
      shape: [count, encoder.embeddingSize],
      kind: "embedding",
      part: "adapter",
      start: (array, from) => {
        const key = randomKey(from.seed, "initialise", NAME);
        if (init === "random") fillNormal(array, key);
        else {
          const ids = init === "text" ? idsOf(initText, from) : undefined;
          const idAt = (i: number) => ids?.[i % ids.length] ?? Math.floor(uniform(key, i) * encoder.vocabularySize);
          copyRows(array, from.weights(encoder.wordTable), encoder.embeddingSize, idAt);
        }
      },
    };
    return {
      added: [parameter],
      trains: (own) => trainsHead(own, context),
      virtual: { tokens: count, keys: 0, pooled: context.semantics === "peft" ? "first" : "cls" },
      wrap: (scope) => ({
        ...scope,
        words: (x) => {
          const which = virtualTokenInput(count); // [tokens, count], one-hot or zero
          const isWord = add(product(which, constant(new Array(count).fill(-1), [count, 1])), constant(1)); // [tokens, 1]
          return affine(which, scope.parameter(NAME), mul(scope.words(x), isWord));
        },
      }),
    };
  },
});

/** As PEFT takes them: with the special tokens. */
function idsOf(text: string, { tokenize }: Start): Int32Array {
  const ids = tokenize(text);
  if (ids.length === 0) throw new AttuneError("options/init-text", `the text to begin with has no tokens: "${text}"`);
  return ids;
}

function copyRows(into: Float32Array, table: Float32Array, width: number, rowAt: (i: number) => number): void {
  for (let i = 0; i * width < into.length; i++) {
    const row = rowAt(i);
    into.set(table.subarray(row * width, (row + 1) * width), i * width);
  }
}
