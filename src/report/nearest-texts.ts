/**
 * The training texts that are most like a test text that got a wrong answer, by the frozen features of the pretrained model:
 * found when that is asked for, as the encoder reads every text for it, and kept beside the report.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { allTexts } from "../audit/audited-texts.ts";
import { findNeighbours } from "../audit/neighbours.ts";
import { textFeatures } from "../audit/text-features.ts";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { usableThreads } from "../base/thread-count.ts";
import { writeWhole } from "../base/write-whole.ts";
import type { Comparison } from "../comparison/comparison.ts";
import { cpuEngine } from "../engine/engines.ts";
import { openSources, withPaths } from "../hub/named-inputs.ts";
import { openTexts } from "../run/prepare-run.ts";
import type { Example } from "../tables/dataset.ts";

/** Name of the file in the folder of a report. */
export const NEAREST = "nearest.json";
const MOST = 3;

const shape = z.object({
  model: z.string(),
  dataSha256: z.string(),
  /** By the id of the test text, the nearest first. */
  texts: z.record(
    z.string(),
    z.array(z.object({ id: z.string(), text: z.string(), label: z.string(), similarity: z.number() })),
  ),
});
export type NearestTexts = Readonly<z.infer<typeof shape>>;

/** What an earlier report has found of the same data. */
export function readNearest(folder: string, { data }: Comparison): NearestTexts | undefined {
  const file = join(folder, NEAREST);
  if (!existsSync(file)) return undefined;
  const found = readJson(file, shape, {
    code: "report/nearest",
    advice: "remove it, or find them anew with --nearest",
  });
  return found.dataSha256 === data.sha256 ? found : undefined;
}

export const writeNearest = (folder: string, nearest: NearestTexts): void =>
  writeWhole(join(folder, NEAREST), `${JSON.stringify(nearest)}\n`);

/**
 * Reads data and model as the first of the runs did, and has the encoder read every text once.
 *
 * @throws AttuneError where data or model are gone, or no longer what they were
 */
export async function findNearest(comparison: Comparison): Promise<NearestTexts> {
  const { facts } = comparison.settings[0]!.runs[0]!;
  const sources = await openSources(facts.options, {}, facts.hub ?? {});
  const dataset = await openTexts(withPaths(facts.options, sources));
  if (dataset.sha256 !== facts.dataSha256)
    throw new AttuneError(
      "report/nearest",
      `${facts.options.data}: the data changed since these runs; leave out --nearest`,
    );
  const texts = allTexts(dataset);
  const engine = cpuEngine(usableThreads());
  const { model } = facts.options;
  const features = await textFeatures(texts, engine, { model: sources.model.path, maxLength: facts.options.maxLength });
  const neighbours = await findNeighbours(features, engine);
  const training = new Set(Array.from(dataset.splits.train, keyOf));
  const wrong = new Set(comparison.wrongTexts.map(({ id }) => id));
  const test = new Set(Array.from(dataset.splits.test, keyOf));
  const found: NearestTexts["texts"] = {};
  for (let i = 0; i < texts.examples.length; i++) {
    const example = texts.examples.at(i);
    if (!wrong.has(example.id) || !test.has(keyOf(example))) continue;
    const places = Array.from({ length: neighbours.each }, (_, k) => i * neighbours.each + k);
    found[example.id] = places
      .map((place) => ({
        similarity: neighbours.similarities[place]!,
        near: texts.examples.at(neighbours.texts[place]!),
      }))
      .filter(({ near }) => training.has(keyOf(near)))
      .slice(0, MOST)
      .map(({ near, similarity }) => ({
        id: near.id,
        text: textOf(near),
        label: (near.labels ?? [near.label]).map((label) => dataset.labels[label]!).join(", ") || "no label",
        similarity: Number(similarity.toFixed(4)),
      }));
  }
  return { model, dataSha256: dataset.sha256, texts: found };
}

/** The two of a sentence pair with a stroke between, as errors have them. */
const textOf = ({ text, pair }: Example): string => (pair === undefined ? text : `${text} / ${pair}`);
const keyOf = (example: Example): string => `${example.id}\0${textOf(example)}`;
