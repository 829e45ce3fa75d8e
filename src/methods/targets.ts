/** Which linear layers of an encoder a method works on, as its options name them. */
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import type { Encoder } from "../models/encoder.ts";
import type { LinearRole, LinearSite } from "../models/scope.ts";
import { layerChoice, type layersOption } from "./layers.ts";

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

/** Layers that hold the rows of several roles are meant by each of them. */
const FUSED: Readonly<Partial<Record<LinearRole, readonly string[]>>> = {
  queryKeyValue: ["query", "key", "value"],
  gatedIntermediate: ["intermediate"],
};

/** Linear layers by role, all of them, or by the ends of their names; `what` is the beginning of the description. */
export const targetsOption = (what: string, ...otherwise: LinearRole[]) =>
  z
    .array(z.string().min(1))
    .min(1)
    .default(otherwise)
    .describe(`${what}: ${ROLES.join(", ")}, ${ALL}, or ends of names in the checkpoint`);

/** The name of a linear layer in Transformers. */
export const moduleOf = ({ weight }: LinearSite): string => weight.replace(/\.weight$/, "");

/** A target is a role, all of them, or the end of a name from a dot on, as PEFT has it. */
export function isTarget(site: LinearSite, target: string): boolean {
  if (site.role === "classifier" || site.role === "headDense") return false;
  if ((ROLES as readonly string[]).includes(target))
    return site.role === target || FUSED[site.role]?.includes(target) === true;
  return target === ALL || `.${moduleOf(site)}`.endsWith(`.${target}`);
}

/**
 * The linear layers that are meant, in the encoder's order.
 *
 * @throws AttuneError where a target means none of the model, or all of them together none of its chosen layers
 */
export function targetSites(
  encoder: Encoder,
  { targets, layers }: { readonly targets: readonly string[]; readonly layers?: z.output<typeof layersOption> },
): LinearSite[] {
  const isInside = layerChoice(layers, encoder);
  for (const target of targets)
    if (!encoder.linears.some((site) => isTarget(site, target)))
      throw new AttuneError(
        "options/targets",
        `no linear layer of this model is called "${target}"; there are ${listOf([...ROLES, ALL], "and")}, or ends of names`,
      );
  const sites = encoder.linears.filter(
    (site) => targets.some((target) => isTarget(site, target)) && isInside(site.layer),
  );
  if (sites.length === 0)
    throw new AttuneError(
      "options/targets",
      `no linear layer of this model is ${listOf(targets)} in the layers asked for`,
    );
  return sites;
}
