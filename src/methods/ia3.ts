/** IA3: learned vectors that scale keys, values and what the feed-forward takes in, (x ⊙ l) Wᵀ + b or (x Wᵀ + b) ⊙ l. */
import { z } from "zod";
import { mul } from "../graph/ops/elementwise.ts";
import { reshape } from "../graph/ops/shape.ts";
import type { Encoder } from "../models/encoder.ts";
import type { LinearSite } from "../models/scope.ts";
import { layersOption } from "./layers.ts";
import { type AddedParameter, defineMethod, trainsHead } from "./method.ts";
import { selectedModules, wholeNames } from "./peft-targets.ts";
import { byWidth, forDrawnHead, searchedOnMini } from "./recipe-entry.ts";
import { isTarget, moduleOf, targetSites, targetsOption } from "./targets.ts";

const VECTOR = ".ia3_l";

const options = z.strictObject({
  // PEFT's for BERT: "output.dense" is the end of both names.
  targets: targetsOption("linear layers that are scaled", "key", "value", "attentionOutput", "output"),
  feedForward: z
    .array(z.string().min(1))
    .default(["attentionOutput", "output"])
    .describe("those of them, named in the same way, whose input is scaled and not their output"),
  layers: layersOption,
});
type Ia3Options = z.output<typeof options>;

export const ia3 = defineMethod({
  title: "IA3",
  summary: "train vectors that scale keys, values and feed-forward inputs in each layer, and the head",
  about:
    "In every layer, one learned vector scales the keys, one the values, and one what each half of the layer projects back. " +
    "All of them begin at one, so that training starts from the model as it is, and everything but them and the classifier is frozen. " +
    "Afterwards the vectors can be multiplied into the weights, so that the model runs as fast as before.",
  chooseWhen:
    "Choose it when what is stored for a task must be still smaller than with LoRA, and give it a higher learning rate than that.",
  paper: {
    title: "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning (Liu et al. 2022)",
    url: "https://arxiv.org/abs/2205.05638",
  },
  options,
  recipes: {
    tuned: { options: { learningRate: byWidth(3e-2), headLearningRate: forDrawnHead(1e-2) } },
    demo: { options: { learningRate: searchedOnMini(3e-2) } },
  },
  peft: {
    type: "IA3",
    prefix: "base_model.model.",
    addedPrefix: "base_model.model.",
    write: (encoder, chosen) => {
      const scalings = scalingsOf(encoder, chosen);
      const modules = (of: readonly Scaling[]) => of.map(({ site }) => moduleOf(site));
      return {
        exclude_modules: null,
        fan_in_fan_out: false,
        feedforward_modules: modules(scalings.filter(({ ofInput }) => ofInput)),
        init_ia3_weights: true,
        target_modules: modules(scalings),
      };
    },
    nameOf: (encoder, chosen, parameter) => {
      const isScaled = scalingsOf(encoder, chosen).some(({ site }) => [site.weight, site.bias].includes(parameter));
      return isScaled ? parameter.replace(/\.(?=bias$|weight$)/, ".base_layer.") : parameter;
    },
    understood: ["feedforward_modules"],
    // Which layers have vectors is seen from the vectors, and `holds` checks it. How they began no longer matters.
    ignored: ["target_modules", "exclude_modules", "init_ia3_weights"],
    read: ({ feedforward_modules: modules }, parameters) => {
      const targets = parameters.filter((name) => name.endsWith(VECTOR)).map((name) => name.slice(0, -VECTOR.length));
      return { targets, feedForward: targets.filter((module) => isFeedForward(module, modules)) };
    },
    holds: (encoder, config) => selectedModules(encoder, config, PEFT_ROLES).map((module) => `${module}${VECTOR}`),
  },
  adapt: (encoder, chosen, context) => {
    const scalings = scalingsOf(encoder, chosen);
    const byWeight = new Map(scalings.map((scaling) => [scaling.site.weight, scaling]));
    return {
      added: scalings.map(({ vector }) => vector),
      trains: (parameter) => trainsHead(parameter, context),
      wrap: (scope) => ({
        ...scope,
        linear: (site, x) => {
          const scaling = byWeight.get(site.weight);
          if (!scaling) return scope.linear(site, x);
          const factors = reshape(scope.parameter(scaling.vector.name), [scaling.size]);
          return scaling.ofInput ? scope.linear(site, mul(x, factors)) : mul(scope.linear(site, x), factors);
        },
      }),
      merge: (weights, sign) => {
        for (const scaling of scalings) multiplyIn(scaling, weights, sign);
      },
    };
  },
});

const PEFT_ROLES = ["key", "value", "attentionOutput", "output"] as const;

/** The vector of one linear layer. */
interface Scaling {
  readonly site: LinearSite;
  /** Whether it scales what goes into the layer, or what comes out of it. */
  readonly ofInput: boolean;
  readonly size: number;
  /** [1, in] or [out, 1], as PEFT stores it. */
  readonly vector: AddedParameter;
}

function scalingsOf(encoder: Encoder, chosen: Ia3Options): Scaling[] {
  const shapes = new Map(encoder.parameters.map(({ name, shape }) => [name, shape]));
  return targetSites(encoder, chosen).map((site) => {
    const [out, from] = shapes.get(site.weight) as readonly [number, number];
    const ofInput = chosen.feedForward.some((target) => isTarget(site, target));
    const vector: AddedParameter = {
      name: `${moduleOf(site)}${VECTOR}`,
      shape: ofInput ? [1, from] : [out, 1],
      kind: "weight",
      part: "adapter",
      ...(site.layer !== undefined && { layer: site.layer }),
      start: (array) => array.fill(1),
    };
    return { site, ofInput, size: ofInput ? from : out, vector };
  });
}

/** As PEFT 0.21 looks it up: a string is a regular expression for whole names, a list holds ends of them. */
function isFeedForward(module: string, modules: unknown): boolean {
  if (typeof modules === "string") return wholeNames(modules).test(module);
  return ((modules as readonly string[] | null | undefined) ?? ["output.dense"]).some((end) => module.endsWith(end));
}

/** W ← W ⊙ l along the inputs, or along the outputs with the bias; with `sign` -1, divided by it again. */
function multiplyIn({ site, ofInput, vector }: Scaling, weights: (name: string) => Float32Array, sign: 1 | -1): void {
  const factors = weights(vector.name);
  const scaled = (value: number, factor: number) => (sign === 1 ? value * factor : value / factor);
  const w = weights(site.weight);
  const width = ofInput ? factors.length : w.length / factors.length;
  for (let i = 0; i < w.length; i++) w[i] = scaled(w[i]!, factors[ofInput ? i % width : Math.floor(i / width)]!);
  if (ofInput || site.bias === undefined) return;
  const bias = weights(site.bias);
  for (let i = 0; i < bias.length; i++) bias[i] = scaled(bias[i]!, factors[i]!);
}
