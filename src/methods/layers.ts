/** The option that restricts a method to some of a model's transformer layers. */
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import type { Encoder } from "../models/encoder.ts";

const TOP = /^top:([1-9]\d*|half|auto)$/;

const HALF = "top:half";

/** How many is chosen on validation before the run begins (run/choose-layers.ts). */
export const TOP_AUTO = "top:auto" as const;

/** Absent: all layers. */
export const layersOption = z
  .union([z.string().regex(TOP), z.array(z.number().int().min(0)).min(1)], {
    error: "numbers of layers, from 0, or top:N for the last N, or top:half, or top:auto",
  })
  .optional()
  .describe(
    "transformer layers, from 0, or top:N for the last N, or top:half for the upper half, or top:auto for as many as short trials on validation ask for (default: all)",
  );

/** Numbers of upper layers that `top:auto` chooses from: a third, a half and two thirds, where these leave some out. */
export function topLayersToTry({ layers, sameLayers = [] }: Pick<Encoder, "layers" | "sameLayers">): number[] {
  // Layers that are one are all trained or none.
  const parts = sameLayers.length > 0 ? [] : [1 / 3, 1 / 2, 2 / 3].map((part) => Math.ceil(part * layers));
  const fewer = [...new Set(parts)].filter((count) => count < layers);
  return fewer.length > 0 ? fewer : [layers];
}

/**
 * Whether a parameter or linear layer, by the layer it belongs to, is among those chosen; without a choice, all are.
 *
 * @throws AttuneError where there is no such layer, or where one that is run again and again is chosen in part
 */
export function layerChoice(
  layers: z.output<typeof layersOption>,
  { layers: count, sameLayers = [] }: Pick<Encoder, "layers" | "sameLayers">,
): (layer: number | undefined) => boolean {
  if (layers === undefined) return () => true;
  if (layers === TOP_AUTO) throw new Error("the number of layers is chosen before a run is prepared");
  // Of layers that are one there is no upper half.
  if (layers === HALF && sameLayers.length > 0) return (layer) => layer !== undefined;
  const top = layers === HALF ? Math.ceil(count / 2) : Number(TOP.exec(String(layers))?.[1]);
  const first = typeof layers === "string" ? count - top : 0;
  if (first < 0) throw new AttuneError("options/layers", `--layers cannot be ${layers}: the model has ${count} layers`);
  const beyond = typeof layers === "string" ? undefined : layers.find((layer) => layer >= count);
  if (beyond !== undefined)
    throw new AttuneError("options/layers", `there is no layer ${beyond}: the model has layers 0 to ${count - 1}`);
  const isChosen = (layer: number) => (typeof layers === "string" ? layer >= first : layers.includes(layer));
  for (const same of sameLayers)
    if (same.some(isChosen) && !same.every(isChosen))
      throw new AttuneError(
        "options/layers",
        `the layers ${same.join(", ")} of this model are one, run again and again; choose all of them or none`,
      );
  return (layer) => layer !== undefined && isChosen(layer);
}
