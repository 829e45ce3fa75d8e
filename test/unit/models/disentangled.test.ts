/** DeBERTa's relative positions: buckets as in Transformers, and what layers drop that tokens and positions share. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adaptModel } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { logBucket } from "../../../src/models/disentangled.ts";
import { buildEncoder } from "../../../src/models/registry.ts";
import { trainingProgram } from "../../../src/train/program.ts";
import { fixtures } from "../tables/scratch.ts";

interface Buckets {
  readonly buckets: number;
  readonly most: number;
  readonly expected: readonly number[];
}

const known: readonly Buckets[] = JSON.parse(readFileSync(join(fixtures, "deberta-buckets.json"), "utf8"));

test.each(known)("$buckets buckets of $most places, both ways", ({ buckets, most, expected }) => {
  for (const [distance, bucket] of expected.entries()) {
    expect(logBucket(distance, buckets, most), `${distance}`).toBe(bucket);
    expect(logBucket(-distance, buckets, most) + bucket, `-${distance}`).toBe(0);
  }
});

test("LoRA's dropout is drawn apart for tokens and for positions", () => {
  const config = {
    ...{ model_type: "deberta-v2", vocab_size: 9, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2 },
    ...{ intermediate_size: 12, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    ...{ relative_attention: true, pos_att_type: "p2c|c2p", share_att_key: true },
  };
  const method = chooseMethod("lora", { dropout: 0.1, targets: ["query"] });
  const setting = { semantics: "attune", trainHead: true, trainPooler: false, fresh: new Set<string>() } as const;
  const { encoder, trained } = adaptModel(buildEncoder(config, 2, "config.json"), method, setting);
  const { masks } = trainingProgram(encoder, trained);
  expect(masks.map(({ shape }) => shape)).toEqual([
    ["tokens", 8],
    ["2*length", 8],
  ]);
  expect(new Set(masks.map(({ name }) => name)).size).toBe(2);
  expect(new Set(masks.map(({ site }) => site)).size).toBe(2);
});

test("the language head of either spelling is found under the other", () => {
  for (const legacy of [true, false]) {
    const { languageHead, checkpointNames } = buildEncoder({ model_type: "deberta-v2", legacy }, 2, "config.json");
    const { dense, norm, bias } = languageHead!;
    for (const [ours, theirs] of [
      [`${dense.module}.weight`, ["cls.predictions.transform.dense.weight", "lm_predictions.lm_head.dense.weight"]],
      [`${norm.module}.bias`, ["cls.predictions.transform.LayerNorm.bias", "lm_predictions.lm_head.LayerNorm.bias"]],
      [bias!, ["cls.predictions.bias", "lm_predictions.lm_head.bias"]],
    ] as const)
      expect([ours, ...checkpointNames(ours)]).toEqual(expect.arrayContaining([...theirs]));
  }
});
