/** Prefix tuning: in every layer, trained keys and values stand before those of the text's own tokens. */
import { z } from "zod";
import { fillKaiming, fillNormal, randomKey } from "../base/random.ts";
import { linear } from "../graph/nn.ts";
import { add, scale, tanh } from "../graph/ops/elementwise.ts";
import { constant } from "../graph/ops/leaf.ts";
import { concat, reshape, slice, transpose } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Encoder } from "../models/encoder.ts";
import type { Scope } from "../models/scope.ts";
import { type AddedParameter, defineMethod, trainsHead } from "./method.ts";
import { byWidth, forDrawnHead, SEARCHED_WIDTH, searchedOnMini, type TaskSize } from "./recipe-entry.ts";
import { peftSizes, requireRoom, twoTransformers } from "./virtual-tokens.ts";

/** [virtual tokens, 2 · layers · hidden]: key and value of layer 0, key and value of layer 1, … */
const TABLE = "prompt_embeddings";
/** The same made by a small network: rows, and two linear layers with tanh between them. */
const ROWS = "prompt_encoder.embedding.weight";
const INNER = "prompt_encoder.transform.0";
const OUTER = "prompt_encoder.transform.2";

const options = z.strictObject({
  virtualTokens: z.number().int().positive().default(20).describe("how many keys and values stand before each text"),
  init: z.enum(["random", "zero"]).default("random").describe("what they begin as"),
  initStd: z.number().positive().default(1).describe("standard deviation of what random begins with"),
  projection: z.boolean().default(false).describe("train a small network that makes them, which is dropped afterwards"),
  projectionSize: z.number().int().positive().optional().describe("its inner size (default: the model's hidden size)"),
});
type PrefixOptions = z.output<typeof options>;

/** Those whose attention takes keys and values of earlier tokens in Transformers, which is how PEFT passes them. */
const WITH_PREFIXES_IN_PEFT = ["bert", "roberta", "xlm-roberta", "camembert", "electra"];

/** Wide encoders have smaller values than those by chance: with these before them, attention would put out nothing else. */
const initStd = (size: TaskSize) => (size.hiddenSize > SEARCHED_WIDTH ? byWidth(1)(size) : undefined);

export const prefix = defineMethod({
  title: "Prefix tuning",
  summary: "train keys and values that stand before every text in each layer, and the head",
  about:
    "In every layer, trained keys and values stand before those of the text, so that attention can turn to them. " +
    "The model is steered in each layer and not at its input alone, while all of its own weights stay frozen. " +
    "It takes more parameters than a prompt and gives more for them.",
  chooseWhen:
    "Choose it instead of prompt tuning when steering the input alone is too weak, and when the weights of the served model must not be touched.",
  paper: {
    title: "Prefix-Tuning: Optimizing Continuous Prompts for Generation (Li and Liang 2021)",
    url: "https://arxiv.org/abs/2101.00190",
  },
  options,
  recipes: {
    tuned: { options: { learningRate: byWidth(2e-2), headLearningRate: forDrawnHead(1e-2), initStd } },
    demo: { options: { learningRate: searchedOnMini(2e-2) } },
  },
  peft: {
    type: "PREFIX_TUNING",
    prefix: "base_model.",
    addedPrefix: "",
    refusal: (_options, _semantics, { type }) =>
      WITH_PREFIXES_IN_PEFT.includes(type) ? undefined : `PEFT has no prefixes for models of the type ${type}`,
    write: (encoder, { virtualTokens }) => ({
      ...peftSizes(encoder, virtualTokens),
      encoder_hidden_size: encoder.hiddenSize,
      init_weights: null,
      prefix_projection: false,
    }),
    understood: ["num_virtual_tokens", "num_transformer_submodules"],
    // PEFT too stores what the projection made, and not the projection.
    ignored: [
      "num_attention_heads",
      "num_layers",
      "token_dim",
      "encoder_hidden_size",
      "init_weights",
      "prefix_projection",
    ],
    unreadable: twoTransformers,
    read: ({ num_virtual_tokens }) => ({ virtualTokens: num_virtual_tokens }),
    holds: () => [TABLE],
  },
  adapt: (encoder, chosen, context) => {
    const { virtualTokens: count, projection } = chosen;
    requireRoom(encoder, count);
    const width = 2 * encoder.layers * encoder.hiddenSize;
    return {
      added: projection ? networkOf(encoder, chosen, width) : [tableOf(chosen, width)],
      trains: (own) => trainsHead(own, context),
      virtual: { tokens: 0, keys: count, pooled: "cls" },
      wrap: (scope) => ({
        ...scope,
        attended: (layer, own) => {
          const { key, value, bias } = scope.attended(layer, own);
          const table = projection ? computedTable(scope) : scope.parameter(TABLE);
          const zeroOfEach = scale(slice(bias, 3, 0, 1), 0); // [batch, 1, 1, 1]
          const before = (x: Tensor, slot: number) => {
            const one = slice(table, 1, slot * encoder.hiddenSize, (slot + 1) * encoder.hiddenSize);
            const byHead = reshape(one, [1, count, encoder.heads, encoder.hiddenSize / encoder.heads]);
            return concat([add(transpose(byHead, [0, 2, 1, 3]), zeroOfEach), x], 2); // [batch, heads, count + length, dim]
          };
          const open = add(zeroOfEach, constant(new Array(count).fill(0), [1, 1, 1, count]));
          return { key: before(key, 2 * layer), value: before(value, 2 * layer + 1), bias: concat([open, bias], 3) };
        },
      }),
      ...(projection && {
        finish: (weights) => ({
          options: { ...chosen, projection: false, projectionSize: undefined },
          tensors: [{ name: TABLE, shape: [count, width], data: networkOutput(weights, encoder, chosen, width) }],
        }),
      }),
    };
  },
});

function tableOf({ virtualTokens, init, initStd }: PrefixOptions, width: number): AddedParameter {
  const parameter = { name: TABLE, shape: [virtualTokens, width], kind: "embedding", part: "adapter" } as const;
  return {
    ...parameter,
    start: (array, { seed }) =>
      init === "zero" ? array.fill(0) : fillNormal(array, randomKey(seed, "initialise", TABLE), initStd),
  };
}

const innerSize = ({ projectionSize }: PrefixOptions, { hiddenSize }: Encoder): number => projectionSize ?? hiddenSize;

/** Begins as PyTorch's Embedding and Linear do. */
function networkOf(encoder: Encoder, chosen: PrefixOptions, width: number): AddedParameter[] {
  const { hiddenSize: hidden } = encoder;
  const inner = innerSize(chosen, encoder);
  const layer = (name: string, [out, from]: readonly [number, number], isZero: boolean): AddedParameter[] => {
    const start =
      (of: string) =>
      (array: Float32Array, { seed }: { readonly seed: number }) => {
        if (isZero) array.fill(0);
        else fillKaiming(array, randomKey(seed, "initialise", of), from);
      };
    const [weight, bias] = [`${name}.weight`, `${name}.bias`];
    return [
      { name: weight, shape: [out, from], kind: "weight", part: "adapter", start: start(weight) },
      { name: bias, shape: [out], kind: "bias", part: "adapter", start: start(bias) },
    ];
  };
  const rows = { name: ROWS, shape: [chosen.virtualTokens, hidden], kind: "embedding", part: "adapter" } as const;
  return [
    { ...rows, start: (array, { seed }) => fillNormal(array, randomKey(seed, "initialise", ROWS)) },
    ...layer(INNER, [inner, hidden], false),
    ...layer(OUTER, [width, inner], chosen.init === "zero"),
  ];
}

function computedTable(scope: Scope): Tensor {
  const layer = (name: string, x: Tensor) =>
    linear(x, scope.parameter(`${name}.weight`), scope.parameter(`${name}.bias`));
  return layer(OUTER, tanh(layer(INNER, scope.parameter(ROWS))));
}

/** What the network makes, once and for all. */
function networkOutput(
  weights: (name: string) => Float32Array,
  encoder: Encoder,
  chosen: PrefixOptions,
  width: number,
): Float32Array {
  const layer = (name: string, x: Float32Array | Float64Array, from: number, out: number) => {
    const [w, b] = [weights(`${name}.weight`), weights(`${name}.bias`)];
    return Float64Array.from({ length: chosen.virtualTokens * out }, (_, at) => {
      const [row, column] = [Math.floor(at / out), at % out];
      let sum = b[column]!;
      for (let i = 0; i < from; i++) sum += x[row * from + i]! * w[column * from + i]!;
      return sum;
    });
  };
  const inner = innerSize(chosen, encoder);
  const hidden = layer(INNER, weights(ROWS), encoder.hiddenSize, inner).map(Math.tanh);
  return Float32Array.from(layer(OUTER, hidden, inner, width));
}
