/** The keys of config.json that say what a classifier's outputs mean, whatever its encoder. */
import { z } from "zod";
import { headNames } from "../models/head-choice.ts";

/** Key of config.json that names a head which is not Transformers' own. */
export const HEAD_KEY = "attune_head";
/** Key of config.json for the thresholds of labels, where a text may have any number of them. */
export const THRESHOLDS_KEY = "attune_thresholds";
export const MULTI_LABEL = "multi_label_classification";

export const modelConfig = z.looseObject({
  id2label: z.record(z.string(), z.union([z.string(), z.number()])).nullish(),
  num_labels: z.int().positive().nullish(),
  problem_type: z.string().nullish(),
  [HEAD_KEY]: z
    .looseObject({
      head: z.enum(headNames as [(typeof headNames)[number], ...(typeof headNames)[number][]]),
      mlpSize: z.int().positive().optional(),
      headDropout: z.number().min(0).lt(1).optional(),
    })
    .optional(),
  [THRESHOLDS_KEY]: z.array(z.number()).optional(),
});
export type ModelConfig = z.input<typeof modelConfig>;

/** Label names by id, where the config has them; Transformers leaves them out where there are two without a name. */
export function labelsOf(config: ModelConfig): string[] | undefined {
  const entries = Object.entries(config.id2label ?? { 0: "LABEL_0", 1: "LABEL_1" }).sort(
    ([a], [b]) => Number(a) - Number(b),
  );
  return entries.every(([id], i) => Number(id) === i) ? entries.map(([, name]) => String(name)) : undefined;
}
