/** Which head a model is made for, by what its files say: rules, and no search. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../base/read-json.ts";
import { POOLING_FILE } from "../hub/pooling-file.ts";
import type { HeadName, Pooling } from "../models/head-choice.ts";
import { HEAD_KEY, labelsOf } from "./model-config.ts";
import type { PretrainedModel } from "./open-model.ts";

export interface FittingHead {
  readonly head: HeadName;
  /** The end of the sentence "the head is mean: …". */
  readonly reason: string;
  /** Whether the file has the whole head, trained for these labels; otherwise at least its last layer is drawn. */
  readonly isTrained: boolean;
}

/** Names of layers that read the pooler in pre-training: where a file has one, its pooler was trained. */
const READS_POOLER = /(^|\.)(seq_relationship|sop_classifier)\./;
const POOLER = /(^|\.)pooler\./;
const CLASSIFIER = /^(classifier|score)\./;

const poolingConfig = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).optional(),
});

/** By sentence-transformers' key; its other ways, such as weighted means, are nearest to the mean. */
const POOLINGS: Readonly<Record<string, Pooling>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
};

/**
 * The head for a model, which was opened from `folder`, and labels. In this order: a classifier in the file keeps its head; sentence-transformers' pooling
 * is taken over; a pooler that was trained, as the layer that was trained on it shows, is used; otherwise the mean of all tokens.
 *
 * @throws AttuneError where the pooling's file cannot be read
 */
export function fittingHead(
  { config, tensorNames: names }: Pick<PretrainedModel, "config" | "tensorNames">,
  folder: string,
  labels: readonly string[],
): FittingHead {
  if (names.some((name) => CLASSIFIER.test(name))) {
    const own = labelsOf(config);
    const isSame = own?.length === labels.length && labels.every((label) => own.includes(label));
    const reason = `the model has a trained classifier${isSame ? "" : ", though for other labels"}`;
    return { head: config[HEAD_KEY]?.head ?? "pooler", reason, isTrained: isSame };
  }
  const drawn = (head: HeadName, reason: string): FittingHead => ({ head, reason, isTrained: false });
  const file = join(folder, POOLING_FILE);
  if (existsSync(file)) {
    const head = poolingOf(readJson(file, poolingConfig, { code: "model/config" }));
    return drawn(head, `as the model was taught (${POOLING_FILE})`);
  }
  if (!names.some((name) => POOLER.test(name))) return drawn("mean", "the model has no pooler");
  return names.some((name) => READS_POOLER.test(name))
    ? drawn("pooler", "the model has a pooler that was trained")
    : drawn("mean", "nothing in the model's files says that its pooler was trained");
}

function poolingOf(config: z.output<typeof poolingConfig>): Pooling {
  const found = Object.entries(POOLINGS).find(([key]) => config[key] === true);
  if (found) return found[1];
  const [mode] = [config.pooling_mode ?? []].flat();
  return mode === "cls" || mode === "max" ? mode : "mean";
}
