/** What is read of a run's own JSON files: enough that nothing stumbles over what is not there. */
import { z } from "zod";

const texts = z.array(z.string());
const count = z.int().positive();
const hubSource = z.looseObject({ repo: z.string(), revision: z.string(), commit: z.string() });

/** run.json of `train` and of `pretrain`. */
const runFile = z.looseObject({
  status: z.enum(["running", "interrupted", "failed", "done"]),
  reason: z.string().optional(),
  options: z.looseObject({
    model: z.string().optional(),
    data: z.string().optional(),
    adapter: z.string().optional(),
    classWeights: z.string().optional(),
    method: z.string().optional(),
    maxLength: count.optional(),
    seed: z.number().optional(),
    splitSeed: z.number().optional(),
  }),
  notes: texts.optional(),
  labels: texts.optional(),
  workingFolder: z.string().optional(),
  hub: z.record(z.string(), hubSource).optional(),
  baseCard: z.looseObject({ license: z.string().optional(), language: texts.optional() }).optional(),
  columns: z.looseObject({ texts, labels: texts, id: z.string().optional(), group: z.string().optional() }).optional(),
  sentencePairs: z.boolean().optional(),
  headSearch: z.looseObject({ epochs: z.number(), tried: z.array(z.unknown()) }).optional(),
});

/** result.json of `train`. */
const resultFile = z.looseObject({
  test: z.looseObject({ accuracy: z.number().optional(), f1: z.number(), loss: z.number() }).optional(),
});

/** The form of a file in the folder of a run, by its name. */
export const runFiles: Readonly<Record<string, z.ZodType>> = { "run.json": runFile, "result.json": resultFile };
