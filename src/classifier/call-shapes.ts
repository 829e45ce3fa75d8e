/** What may stand in the options of the functions that load, use, export and push a model. */
import { z } from "zod";
import { callShape, text } from "../base/call-options.ts";
import { threadCount } from "../base/thread-count.ts";
import { bitsNames } from "../engine/reproducible-threads.ts";
import { dataOptions, textReading } from "../tables/table-options.ts";
import { precisionNames } from "../train/precision.ts";
import { exportFormats } from "./export-formats.ts";

const seed = () => z.number().int().min(0).optional();
const source = { revision: text(), adapter: text(), labels: z.array(z.string()).optional() };
const language = z.array(z.string().min(1)).min(1).optional();
const maxLength = z.number().int().min(2).optional();
const { onFetch, signal, makeEngine } = callShape;
const { multiLabel: _, ...reading } = dataOptions.partial().shape;
const table = {
  data: z.string().min(1).describe("a folder, a file, or the name of a data set"),
  dataRevision: text(),
  configName: text(),
  split: z.enum(["train", "validation", "test"]).optional(),
  onFetch,
  signal,
};

export const loadShape = {
  ...source,
  maxLength,
  threads: threadCount().optional(),
  bits: z.enum(bitsNames).optional(),
  precision: z.enum(precisionNames).optional(),
  worker: z.boolean().optional(),
  base: text(),
  onFetch,
  signal,
  makeEngine,
};

export const evaluateShape = { ...reading, ...table, seed: seed() };

export const predictTableShape = { ...table, ...textReading.partial().shape };

export const exportShape = {
  format: z.enum(exportFormats).describe(`one of ${exportFormats.join(", ")}`),
  out: z.string().min(1).describe("folder to be made"),
  int8: z.boolean().optional(),
  base: text(),
  name: text(),
  language,
  ...source,
  maxLength,
  onFetch,
};

export const pushShape = {
  repo: z.string().min(1).describe("user/name"),
  format: z.enum(exportFormats).optional(),
  public: z.boolean().optional(),
  language,
};
