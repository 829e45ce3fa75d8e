/** LoRA: a frozen linear layer plus a product of two thin matrices, y = x Wᵀ + b + s · x Aᵀ Bᵀ. */
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { fillKaiming, randomKey } from "../base/random.ts";
import { affine, product } from "../graph/ops/linalg.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { LinearSite } from "../models/scope.ts";
import { directedLinear, MAGNITUDE, magnitudeOf, rescaleRows, restoreRows } from "./dora.ts";
import { layersOption } from "./layers.ts";
import { type AddedParameter, defineMethod, trainsHead } from "./method.ts";
import { selectedModules } from "./peft-targets.ts";
import { byWidth, forDrawnHead, original, searched, searchedOnMini } from "./recipe-entry.ts";
import { moduleOf, targetSites, targetsOption } from "./targets.ts";

const A = ".lora_A.weight";
const B = ".lora_B.weight";
const MATRIX = /\.lora_[AB]\.weight$/;

/** PEFT's ways to begin that leave the base as it is; its other ones take something out of it or quantize it. */
const PLAIN_STARTS = ["gaussian", "eva", "orthogonal", "mica"];

/** Keys of PEFT 0.21 that this method has no use for, as PEFT writes them. */
const PEFT_DEFAULTS = {
  alora_invocation_tokens: null,
  arrow_config: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: "megatron.core",
  monteclora_config: null,
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

const options = z.strictObject({
  rank: z.number().int().positive().default(8).describe("inner size of the two matrices"),
  alpha: z.number().positive().default(16).describe("their product is scaled by alpha / rank"),
  dropout: z.number().min(0).lt(1).default(0).describe("dropout of what goes into the matrices"),
  targets: targetsOption("linear layers that get them", "query", "value"),
  bias: z.enum(["none", "all", "lora_only"]).default("none").describe("which biases of the encoder are trained too"),
  rslora: z.boolean().default(false).describe("scale by alpha / √rank, which suits high ranks (arXiv 2312.03732)"),
  dora: z
    .boolean()
    .default(false)
    .describe("train the length of each row of a weight apart from its direction (DoRA, arXiv 2402.09353)"),
  layers: layersOption,
  rankPattern: z
    .record(z.string(), z.number().int().positive())
    .default({})
    .describe("other ranks, by the end of a layer's name in the checkpoint or a regular expression for it"),
  alphaPattern: z.record(z.string(), z.number().positive()).default({}).describe("other alphas, in the same way"),
});
type LoraOptions = z.output<typeof options>;

export const lora = defineMethod({
  title: "LoRA",
  summary: "train two thin matrices beside each chosen linear layer, and the head",
  about:
    "Beside each chosen linear layer stands a product of two thin matrices, of which one begins at zero, so that training starts from the model as it is. " +
    "Only these matrices and the classifier are trained; rank is their inner size, and alpha / rank scales what they add. " +
    "Afterwards the product can be added to the weights, so that the model runs as fast as before.",
  chooseWhen:
    "Choose it to come close to full fine-tuning with a small part of its memory, and to keep a small file for each task.",
  paper: {
    title: "LoRA: Low-Rank Adaptation of Large Language Models (Hu et al. 2021)",
    url: "https://arxiv.org/abs/2106.09685",
  },
  options,
  hasRank: true,
  recipes: {
    controlled: {
      options: { alpha: original(8) },
      note: "LoRA's alpha is 8 for every rank, so its matrices count less the higher the rank is.",
    },
    tuned: {
      options: {
        learningRate: byWidth(2e-3),
        headLearningRate: forDrawnHead(1e-2),
        alpha: searched(8),
        targets: searched(["all-linear"]),
      },
      note: "LoRA's alpha is 8 for every rank, as Hu et al. keep it when the rank changes, so one learning rate suits all ranks.",
    },
    demo: { options: { learningRate: searchedOnMini(5e-3), alpha: { value: 8, source: "as in the tuned recipe" } } },
  },
  peft: {
    type: "LORA",
    prefix: "base_model.model.",
    addedPrefix: "base_model.model.",
    write: (encoder, chosen) => ({
      ...PEFT_DEFAULTS,
      r: chosen.rank,
      lora_alpha: chosen.alpha,
      lora_dropout: chosen.dropout,
      bias: chosen.bias,
      use_rslora: chosen.rslora,
      use_dora: chosen.dora,
      rank_pattern: chosen.rankPattern,
      alpha_pattern: chosen.alphaPattern,
      target_modules: pairsOf(encoder, chosen).map(({ site }) => moduleOf(site)),
    }),
    takenIn: (encoder, chosen, tensors) => {
      const stored = new Map(tensors.map(({ name, data }) => [name, data as Float32Array]));
      const pairs = pairsOf(encoder, chosen);
      const doubled = pairs.filter(({ site }) => stored.has(site.weight));
      const left = pairs.filter((pair) => !doubled.includes(pair));
      if (doubled.length === 0 || left.length === 0) return undefined;
      for (const { site } of doubled) stored.set(site.weight, stored.get(site.weight)!.slice());
      for (const pair of doubled) mergePair(pair, (name) => stored.get(name)!, 1, new Map());
      const gone = new Set(doubled.flatMap(addedOf).map(({ name }) => name));
      return {
        options: { ...chosen, targets: left.map(({ site }) => moduleOf(site)) },
        tensors: tensors.filter(({ name }) => !gone.has(name)).map((x) => ({ ...x, data: stored.get(x.name)! })),
      };
    },
    nameOf: (encoder, chosen, parameter) => {
      const pair = pairsOf(encoder, chosen).find(({ site }) => site.bias === parameter || site.weight === parameter);
      return pair ? parameter.replace(/\.(?=bias$|weight$)/, ".base_layer.") : parameter;
    },
    understood: ["r", "lora_alpha", "lora_dropout", "bias", "use_rslora", "use_dora", "rank_pattern", "alpha_pattern"],
    // Which layers have matrices is seen from the matrices, and `holds` checks it. How they began no longer matters.
    ignored: [
      "init_lora_weights",
      "target_modules",
      "exclude_modules",
      "layers_to_transform",
      "layers_pattern",
      "eva_config",
      "megatron_core",
      "qalora_group_size",
      "ensure_weight_tying",
    ],
    unreadable: ({ init_lora_weights: start }) =>
      typeof start === "string" && !PLAIN_STARTS.includes(start.toLowerCase())
        ? `init_lora_weights "${start}", which changes the base model,`
        : undefined,
    read: (config, parameters) => ({
      rank: config.r ?? 8,
      alpha: config.lora_alpha ?? 8,
      dropout: config.lora_dropout ?? 0,
      bias: config.bias ?? "none",
      rslora: config.use_rslora ?? false,
      dora: config.use_dora ?? false,
      rankPattern: config.rank_pattern ?? {},
      alphaPattern: config.alpha_pattern ?? {},
      targets: [...new Set(parameters.filter((name) => MATRIX.test(name)).map((name) => name.replace(MATRIX, "")))],
    }),
    holds: (encoder, config) => {
      const modules = selectedModules(encoder, config, ["query", "value"]);
      const biases = new Set(modules.map((module) => `${module}.bias`));
      const which = (config.bias ?? "none") as LoraOptions["bias"];
      return [
        ...modules.flatMap((module) => [A, B, ...(config.use_dora ? [MAGNITUDE] : [])].map((end) => `${module}${end}`)),
        ...encoder.parameters.filter((own) => trainsBias(own, which, biases)).map(({ name }) => name),
      ];
    },
  },
  adapt: (encoder, chosen, context) => {
    const pairs = pairsOf(encoder, chosen);
    const byWeight = new Map(pairs.map((pair) => [pair.site.weight, pair]));
    const biases = new Set(pairs.flatMap(({ site }) => site.bias ?? []));
    /** Of rows that were merged, by weight. */
    const lengths = new Map<string, Float64Array>();
    return {
      added: pairs.flatMap(addedOf),
      trains: (parameter) => trainsHead(parameter, context) || trainsBias(parameter, chosen.bias, biases),
      wrap: (scope) => ({
        ...scope,
        linear: (site, x) => {
          const pair = byWeight.get(site.weight);
          if (!pair) return scope.linear(site, x);
          const { magnitude } = pair;
          const dropped = scope.dropout(x, chosen.dropout, `lora.${moduleOf(site)}`);
          if (magnitude) return directedLinear(scope, { ...pair, magnitude }, x, dropped);
          const y = scope.linear(site, x);
          const down = product(dropped, scope.parameter(pair.a.name), { transB: true }); // [tokens, rank]
          return affine(down, scope.parameter(pair.b.name), y, { transB: true, alpha: pair.scaling });
        },
      }),
      merge: (weights, sign) => {
        for (const pair of pairs) mergePair(pair, weights, sign, lengths);
      },
    };
  },
});

/** The two matrices of one linear layer. */
interface Pair {
  readonly site: LinearSite;
  readonly rank: number;
  readonly scaling: number;
  /** [rank, in] */
  readonly a: AddedParameter;
  /** [out, rank] */
  readonly b: AddedParameter;
  /** [out], with DoRA. */
  readonly magnitude?: AddedParameter;
}

const addedOf = ({ a, b, magnitude }: Pair): AddedParameter[] => [a, b, ...(magnitude ? [magnitude] : [])];

function pairsOf(encoder: Encoder, chosen: LoraOptions): Pair[] {
  const shapes = new Map(encoder.parameters.map(({ name, shape }) => [name, shape]));
  const rankFor = byPattern(chosen.rankPattern, chosen.rank);
  const alphaFor = byPattern(chosen.alphaPattern, chosen.alpha);
  return targetSites(encoder, chosen).map((site) => {
    const name = moduleOf(site);
    const [out, from] = shapes.get(site.weight) as readonly [number, number];
    const rank = rankFor(name);
    const scaling = alphaFor(name) / (chosen.rslora ? Math.sqrt(rank) : rank);
    const rest = { kind: "weight", part: "adapter", ...(site.layer !== undefined && { layer: site.layer }) } as const;
    const a: AddedParameter = {
      name: `${name}${A}`,
      shape: [rank, from],
      ...rest,
      start: (array, { seed }) => fillKaiming(array, randomKey(seed, "initialise", `${name}${A}`), from),
    };
    const b: AddedParameter = {
      name: `${name}${B}`,
      shape: [out, rank],
      ...rest,
      start: (array) => array.fill(0),
    };
    return { site, rank, scaling, a, b, ...(chosen.dora && { magnitude: magnitudeOf(name, site, out, rest) }) };
  });
}

/** As PEFT looks a pattern up: the first that matches the whole name, or the end of it from a dot on. */
function byPattern(patterns: Readonly<Record<string, number>>, otherwise: number): (name: string) => number {
  const compiled = Object.entries(patterns).map(([pattern, value]) => ({ pattern: regularExpression(pattern), value }));
  return (name) => compiled.find(({ pattern }) => pattern.test(name))?.value ?? otherwise;
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`);
  } catch (cause) {
    throw new AttuneError("options/pattern", `${JSON.stringify(pattern)} is not a regular expression`, "input", {
      cause,
    });
  }
}

function trainsBias(
  { name, kind, part }: Parameter,
  which: LoraOptions["bias"],
  biasesOfPairs: ReadonlySet<string>,
): boolean {
  if (which === "none" || part === "classifier") return false;
  return which === "all" ? kind === "bias" || kind === "layerNormBias" : biasesOfPairs.has(name);
}

/** W ← W ± s · B A; with DoRA the rows take the lengths that were trained, and with `sign` -1 those from before. */
function mergePair(
  pair: Pair,
  weights: (name: string) => Float32Array,
  sign: 1 | -1,
  lengths: Map<string, Float64Array>,
): void {
  const { site, magnitude } = pair;
  const before = lengths.get(site.weight);
  if (magnitude && sign === -1 && before) restoreRows(weights(site.weight), weights(magnitude.name), before);
  addProduct(pair, weights, sign);
  if (magnitude && sign === 1) lengths.set(site.weight, rescaleRows(weights(site.weight), weights(magnitude.name)));
}

/** W ← W ± s · B A */
function addProduct({ site, rank, scaling, a, b }: Pair, weights: (name: string) => Float32Array, sign: 1 | -1): void {
  const w = weights(site.weight);
  const [down, up] = [weights(a.name), weights(b.name)];
  const width = a.shape[1]!;
  const row = new Float64Array(width);
  for (let o = 0; o < b.shape[0]!; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = up[o * rank + r]!;
      for (let i = 0; i < width; i++) row[i]! += factor * down[r * width + i]!;
    }
    for (let i = 0; i < width; i++) w[o * width + i]! += sign * scaling * row[i]!;
  }
}
