/** The keys of config.json that say what a classifier's outputs mean, whatever its encoder. */
import { z } from "zod";
import { shown } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import { headNames } from "../models/head-choice.ts";

/** Key of config.json that names a head which is not Transformers' own. */
export const HEAD_KEY = "attune_head";
/** Key of config.json for the thresholds of labels, where a text may have any number of them. */
export const THRESHOLDS_KEY = "attune_thresholds";
/** `model_type` of a folder that brings the code of its head: config.json of the encoder stands under `encoder`. */
export const WRAPPER_TYPE = "attune";
export const MULTI_LABEL = "multi_label_classification";
export const REGRESSION = "regression";

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

/** The number of labels that a config can name; a larger id is a slip. */
const MOST_LABELS = 100_000;

/**
 * Label names by id, as Transformers has them: LABEL_0, LABEL_1, … where there are none, as many as `num_labels` says or else
 * two. An id between others that has no name gets such a one, since the head has its row.
 */
export function labelsOf({ id2label, num_labels: count }: ModelConfig): string[] | undefined {
  const numbered = (length: number) => Array.from({ length }, (_, id) => `LABEL_${id}`);
  if (id2label == null) return numbered(count ?? 2);
  const entries = Object.entries(id2label).map(([id, name]) => [Number(id), String(name)] as const);
  if (entries.length === 0 || !entries.every(([id]) => Number.isInteger(id) && id >= 0 && id < MOST_LABELS))
    return undefined;
  const names = numbered(Math.max(...entries.map(([id]) => id)) + 1);
  for (const [id, name] of entries) names[id] = name;
  return names;
}

/** @throws AttuneError where two labels have one name, so that nothing could be said of either */
export function requireDistinct(labels: readonly string[], file: string): void {
  const second = labels.findIndex((label, id) => labels.indexOf(label) < id);
  if (second < 0) return;
  const first = labels.indexOf(labels[second]!);
  throw new AttuneError(
    "model/labels",
    `${file}: the labels ${first} and ${second} have the same name ${shown(labels[second])}; give each its own, there or with --labels`,
  );
}

/**
 * Whether each label has a probability of its own: where a text may have any number of labels, and, as in Transformers, where
 * there is but one.
 */
export const isMultiLabel = ({ problem_type: type }: ModelConfig, labelCount: number | undefined): boolean =>
  type === MULTI_LABEL || labelCount === 1;
