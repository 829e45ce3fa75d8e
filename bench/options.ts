/** Options that several benches have: the same names and defaults. */
import { EMOTIONS, MINI } from "../src/hub/included.ts";
import { resultsFolder } from "./results.ts";

const text = (value: string) => ({ type: "string", default: value }) as const;

/** A real encoder and a real data set, beside the checkout. */
export const sharedInputs = {
  model: text("../shared/models/all-MiniLM-L6-v2"),
  data: text("../shared/data/dair-ai/emotion"),
} as const;

/** Those that come with Attune. */
export const includedInputs = { model: text(MINI), data: text(EMOTIONS) } as const;

/** Of what writes its figures to a folder; `short` tries a bench out. */
export const measuring = {
  threads: text("2"),
  out: text(resultsFolder),
  short: { type: "boolean", default: false },
} as const;

/** Of comparisons by studies, over seeds. */
export const inStudies = {
  seeds: text("3"),
  recipe: text("demo"),
  epochs: { type: "string" },
  out: { type: "string" },
} as const;

/** How often everything is measured, in turn. */
export const inRounds = { ...measuring, rounds: { type: "string" } } as const;
