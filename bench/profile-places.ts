/** Where in the model each node of a step's program belongs, seen from the weights and masks that it meets. */
import { inputName } from "../src/graph/ops/leaf.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import type { Node, Tensor } from "../src/graph/tensor.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { LOSS } from "../src/train/program.ts";

export interface Place {
  readonly phase: "forward" | "backward";
  /** "layer 3", "embeddings", "head", "adapter". */
  readonly part: string;
  /** "query", "attention", "norm", … */
  readonly role: string;
}

type Site = Pick<Place, "part" | "role">;
type Found = { readonly site: Site; readonly rank: number };

const START: Found = { site: { part: "embeddings", role: "lookup" }, rank: -1 };

/**
 * A forward node belongs to the last weight or mask on the way to it. A backward node belongs to the one that it reads
 * itself, else to that of the gradient it is, else to the last one among those of its readers: backward, the last comes first.
 */
export function placesOf(encoder: Encoder, outputs: Readonly<Record<string, Tensor>>): Map<Node, Place> {
  const sites = sitesOf(encoder);
  const forward = nodesInOrder([outputs[LOSS]!]);
  const isForward = new Set(forward);
  const ranks = new Map<string, number>();
  for (const [rank, { inputs }] of forward.entries())
    for (const x of inputs) {
      const name = inputName(x);
      if (name !== undefined && !ranks.has(name)) ranks.set(name, rank);
    }
  const siteOfInput = (x: Tensor): Found | undefined => {
    const name = inputName(x);
    const site = name === undefined ? undefined : (sites.get(name) ?? siteOfMask(name));
    return site && { site, rank: ranks.get(name!) ?? 0 };
  };

  const found = new Map<Node, Found>();
  for (const node of forward)
    found.set(node, last([...node.inputs.map(siteOfInput), ...node.inputs.map((x) => found.get(x.node))]) ?? START);

  const all = nodesInOrder(Object.values(outputs));
  const readers = new Map<Node, Node[]>();
  for (const node of all) for (const x of node.inputs) readers.set(x.node, [...(readers.get(x.node) ?? []), node]);
  const gradients = new Map<Node, Found>();
  for (const [output, { node }] of Object.entries(outputs)) {
    const parameter = output.replace(/^gradient:|^rows:|:\d+$/g, "");
    const site = sites.get(parameter);
    if (site) gradients.set(node, { site, rank: ranks.get(parameter) ?? 0 });
  }
  for (const node of all.toReversed()) {
    if (isForward.has(node)) continue;
    const ofReaders = (readers.get(node) ?? []).map((reader) =>
      isForward.has(reader) ? undefined : found.get(reader),
    );
    found.set(node, last(node.inputs.map(siteOfInput)) ?? gradients.get(node) ?? last(ofReaders) ?? START);
  }
  return new Map(
    all.map((node) => {
      const { part, role } = found.get(node)!.site;
      const phase = isForward.has(node) ? "forward" : "backward";
      return [node, { phase, part, role: isByHeads(node) ? "attention" : role }];
    }),
  );
}

const last = (candidates: readonly (Found | undefined)[]): Found | undefined =>
  candidates.reduce((best, each) => (each && (!best || each.rank > best.rank) ? each : best), undefined);

/** Only attention has a view with more than two axes. */
const isByHeads = ({ inputs, outputs }: Node): boolean => [...inputs, ...outputs].some(({ shape }) => shape.length > 2);

function sitesOf({ parameters, linears }: Encoder): Map<string, Site> {
  const roles = new Map(linears.flatMap(({ weight, bias, role }) => [[weight, role] as const, [bias, role] as const]));
  return new Map(
    parameters.map(({ name, kind, part, layer }) => {
      const where = layer !== undefined ? `layer ${layer}` : part === "encoder" ? "embeddings" : part;
      const isNorm = kind === "layerNormWeight" || kind === "layerNormBias";
      const role = roles.get(name) ?? (isNorm ? "norm" : part === "encoder" ? "lookup" : part);
      return [name, { part: where === "pooler" || where === "classifier" ? "head" : where, role }];
    }),
  );
}

const MASK_ROLES: Readonly<Record<string, string>> = { "attention.output": "attentionOutput" };

/** "mask:layer.3.attention.output" */
function siteOfMask(name: string): Site | undefined {
  const [, layer, place] = /^mask:(?:layer\.(\d+)\.)?(.+)$/.exec(name) ?? [];
  if (place === undefined) return undefined;
  const role = MASK_ROLES[place] ?? place;
  if (layer !== undefined) return { part: `layer ${layer}`, role };
  return place === "embeddings" ? START.site : { part: "head", role };
}
