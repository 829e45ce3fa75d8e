/** LoRA: a frozen linear layer plus a product of two thin matrices, y = x Wᵀ + b + s · x Aᵀ Bᵀ. */
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import { randomKey, uniform } from "../base/random.ts";
import { affine, product } from "../graph/ops/linalg.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import type { LinearRole, LinearSite } from "../models/scope.ts";
import { type AddedParameter, defineMethod, trainsHead } from "./method.ts";

const ROLES = [
  "query",
  "key",
  "value",
  "attentionOutput",
  "intermediate",
  "output",
  "pooler",
] as const satisfies LinearRole[];
const ALL = "all-linear";

const options = z.strictObject({
  rank: z.number().int().positive().default(8).describe("inner size of the two matrices"),
  alpha: z.number().positive().default(16).describe("their product is scaled by alpha / rank"),
  dropout: z.number().min(0).lt(1).default(0).describe("dropout of what goes into the matrices"),
  targets: z
    .array(z.enum([...ROLES, ALL]))
    .min(1)
    .default(["query", "value"])
    .describe(`linear layers that get them: ${ROLES.join(", ")}, or ${ALL}`),
  bias: z.enum(["none", "all", "lora_only"]).default("none").describe("which biases of the encoder are trained too"),
  rslora: z.boolean().default(false).describe("scale by alpha / √rank, which suits high ranks (arXiv 2312.03732)"),
  layers: z.array(z.number().int().min(0)).min(1).optional().describe("transformer layers, from 0 (default: all)"),
  rankPattern: z
    .record(z.string(), z.number().int().positive())
    .default({})
    .describe("other ranks, by the end of a layer's name in the checkpoint or a regular expression for it"),
  alphaPattern: z.record(z.string(), z.number().positive()).default({}).describe("other alphas, in the same way"),
});
type LoraOptions = z.output<typeof options>;

export const lora = defineMethod({
  summary: "train two thin matrices beside each chosen linear layer, and the head",
  paper: {
    title: "LoRA: Low-Rank Adaptation of Large Language Models (Hu et al. 2021)",
    url: "https://arxiv.org/abs/2106.09685",
  },
  options,
  adapt: (encoder, chosen, setting) => {
    const pairs = pairsOf(encoder, chosen);
    const byWeight = new Map(pairs.map((pair) => [pair.site.weight, pair]));
    const biases = new Set(pairs.map(({ site }) => site.bias));
    return {
      added: pairs.flatMap(({ a, b }) => [a, b]),
      trains: (parameter) => trainsHead(parameter, setting) || trainsBias(parameter, chosen.bias, biases),
      wrap: (scope) => ({
        ...scope,
        linear: (site, x) => {
          const pair = byWeight.get(site.weight);
          const y = scope.linear(site, x);
          if (!pair) return y;
          const dropped = scope.dropout(x, chosen.dropout, `lora.${moduleOf(site)}`);
          const down = product(dropped, scope.parameter(pair.a.name), { transB: true }); // [tokens, rank]
          return affine(down, scope.parameter(pair.b.name), y, { transB: true, alpha: pair.scaling });
        },
      }),
      merge: (weights, sign) => {
        for (const pair of pairs) addProduct(pair, weights, sign);
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
}

/** The name of a linear layer in Transformers. */
const moduleOf = ({ weight }: LinearSite): string => weight.replace(/\.weight$/, "");

function pairsOf(encoder: Encoder, chosen: LoraOptions): Pair[] {
  const { layers } = chosen;
  const beyond = layers?.find((layer) => layer >= encoder.layers);
  if (beyond !== undefined)
    throw new AttuneError(
      "options/layers",
      `there is no layer ${beyond}: the model has layers 0 to ${encoder.layers - 1}`,
    );
  const shapes = new Map(encoder.parameters.map(({ name, shape }) => [name, shape]));
  const isTarget = ({ role, layer }: LinearSite) =>
    role !== "classifier" &&
    (chosen.targets.includes(ALL) || chosen.targets.includes(role)) &&
    (!layers || (layer !== undefined && layers.includes(layer)));
  const sites = encoder.linears.filter(isTarget);
  if (sites.length === 0)
    throw new AttuneError(
      "options/targets",
      `no linear layer of this model is ${listOf(chosen.targets)} in the layers asked for`,
    );
  const rankFor = byPattern(chosen.rankPattern, chosen.rank);
  const alphaFor = byPattern(chosen.alphaPattern, chosen.alpha);
  return sites.map((site) => {
    const name = moduleOf(site);
    const [out, from] = shapes.get(site.weight) as readonly [number, number];
    const rank = rankFor(name);
    const scaling = alphaFor(name) / (chosen.rslora ? Math.sqrt(rank) : rank);
    const rest = { kind: "weight", part: "adapter", ...(site.layer !== undefined && { layer: site.layer }) } as const;
    const a: AddedParameter = { name: `${name}.lora_A.weight`, shape: [rank, from], ...rest, start: kaimingUniform };
    const b: AddedParameter = {
      name: `${name}.lora_B.weight`,
      shape: [out, rank],
      ...rest,
      start: (array) => array.fill(0),
    };
    return { site, rank, scaling, a, b };

    /** Kaiming's bound with PyTorch's a = √5 comes out as 1/√in. */
    function kaimingUniform(array: Float32Array, { seed }: { readonly seed: number }): void {
      const key = randomKey(seed, "initialise", `${name}.lora_A.weight`);
      for (let i = 0; i < array.length; i++) array[i] = (2 * uniform(key, i) - 1) / Math.sqrt(from);
    }
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
