import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { resume, type TrainEvent, type TrainOptions, train } from "../../../src/index.ts";
import { topLayersToTry } from "../../../src/methods/layers.ts";
import { trialSize } from "../../../src/run/choose-layers.ts";
import type { RunFacts } from "../../../src/run/run-facts.ts";
import { openSafetensors, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { tinyFolder } from "../../methods-folder.ts";

const root = mkdtempSync(join(tmpdir(), "attune-layers-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model: twoLayers, data } = tinyFolder(root);
/** The same with each layer twice. */
const model = join(root, "four-layers");
cpSync(twoLayers, model, { recursive: true });
const config = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
writeFileSync(join(model, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 4 }));
const weights = openSafetensors(join(twoLayers, "model.safetensors"));
const doubled = [...weights.tensors].flatMap(([name, { shape }]) => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  weights.readFloat32(name, data);
  const second = name.replace(/layer\.(\d)\./, (_, layer) => `layer.${Number(layer) + 2}.`);
  return [...new Set([name, second])].map((name) => ({ name, shape, data }));
});
writeSafetensors(join(model, "model.safetensors"), doubled);
weights.close();

const given = { model, data, method: "full", threads: 1, batchSize: 8, learningRate: 1e-2, epochs: 2 } as const;
const factsOf = (out: string): RunFacts => JSON.parse(readFileSync(join(out, "run.json"), "utf8"));

async function eventsOf(options: TrainOptions, stopAtStep = Number.POSITIVE_INFINITY): Promise<TrainEvent[]> {
  const stop = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train(options, { signal: stop.signal })) {
    events.push(event);
    if (event.type === "step" && event.step === stopAtStep) stop.abort();
  }
  return events;
}

test.each([
  [1, [1]],
  [2, [1]],
  [3, [1, 2]],
  [4, [2, 3]],
  [6, [2, 3, 4]],
  [12, [4, 6, 8]],
  [24, [8, 12, 16]],
])("of %i layers a third, a half and two thirds are tried, where these leave some out", (layers, counts) => {
  expect(topLayersToTry({ layers })).toEqual(counts);
});

test.each([
  [96, 20, { texts: 96, epochs: 2 }],
  [500, 3, { texts: 500, epochs: 1 }],
  [2000, 5, { texts: 1000, epochs: 1 }],
  [2000, 10, { texts: 2000, epochs: 1 }],
  [16_000, 3, { texts: 4800, epochs: 1 }],
])(
  "of %i texts and %i epochs a trial has a tenth of the steps, and 1,000 texts where there are so many",
  (texts, epochs, size) => {
    expect(trialSize(texts, epochs)).toEqual(size);
  },
);

test("of layers that are one, all are trained", () => {
  expect(topLayersToTry({ layers: 12, sameLayers: [Array.from({ length: 12 }, (_, i) => i)] })).toEqual([12]);
});

test("top:auto tries numbers of upper layers, says how far it is, and writes down what it chose and why", async () => {
  const out = join(root, "auto");
  const events = await eventsOf({ ...given, out, layers: "top:auto" });
  expect(events.filter(({ type }) => type === "choosing")).toEqual([
    { type: "choosing", what: "layers", done: 0, of: 2 },
    { type: "choosing", what: "layers", done: 1, of: 2 },
  ]);
  const { options, layerSearch, notes } = factsOf(out);
  const { chosen, reason, epochs, texts, tried } = layerSearch!;
  expect([epochs, texts]).toEqual([1, 48]);
  expect(tried.map(({ layers }) => layers)).toEqual([2, 3]);
  expect(options).toMatchObject({ layers: chosen });
  expect(notes).toContain(`The layers are ${chosen}: ${reason}.`);

  // A trial is a run of so many epochs; the run itself is that of the number that was chosen.
  for (const { layers, loss, f1 } of tried) {
    const alone = join(root, `alone-${layers}`);
    const { result } = await train({ ...given, out: alone, layers: `top:${layers}`, epochs: 1 });
    expect(result.epochs[0]!.validation).toMatchObject({ loss, f1 });
  }
  await train({ ...given, out: join(root, "given"), layers: chosen });
  for (const file of ["adapter/adapter.safetensors", "predictions/test.jsonl"])
    expect(readFileSync(join(out, file)).equals(readFileSync(join(root, "given", file))), file).toBe(true);
});

test("the fewest layers are chosen whose loss is within one standard error of the lowest", async () => {
  const { labels } = factsOf(join(root, "auto"));
  const lossesOf = (run: string): number[] =>
    readFileSync(join(run, "predictions", "validation.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ label, probabilities }) => -Math.log(probabilities[labels.indexOf(label)]));
  const { chosen, tried } = factsOf(join(root, "auto")).layerSearch!;
  const [two, three] = tried.map(({ layers }) => lossesOf(join(root, `alone-${layers}`))) as [number[], number[]];
  const more = two.map((loss, i) => loss - three[i]!);
  const mean = more.reduce((sum, x) => sum + x, 0) / more.length;
  const variance = more.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (more.length - 1);
  expect(chosen).toBe(mean <= Math.sqrt(variance / more.length) ? "top:2" : "top:3");
});

test("a run that goes on keeps the layers that were chosen, and does not choose again", async () => {
  const out = join(root, "stopped");
  await expect(eventsOf({ ...given, out, layers: "top:auto" }, 3)).rejects.toThrow("stopped after step 3");
  const before = factsOf(out);
  const events: TrainEvent[] = [];
  for await (const event of resume(out)) events.push(event);
  expect(events.some(({ type }) => type === "choosing")).toBe(false);
  expect(factsOf(out).layerSearch).toEqual(before.layerSearch);
  for (const file of ["adapter/adapter.safetensors", "predictions/test.jsonl"])
    expect(readFileSync(join(out, file)).equals(readFileSync(join(root, "auto", file))), file).toBe(true);
});

test("other methods with layers choose them too, and the head that was found goes with it", async () => {
  const out = join(root, "lora");
  await train({ ...given, out, method: "lora", layers: "top:auto", head: "auto", epochs: 1 });
  const { headSearch, layerSearch, options } = factsOf(out);
  expect(options).toMatchObject({ head: headSearch!.chosen, layers: layerSearch!.chosen });
});

test("where there is but one number, nothing is tried, and the run says why", async () => {
  const out = join(root, "small");
  const events = await eventsOf({ ...given, model: twoLayers, out, layers: "top:auto" });
  expect(events.some(({ type }) => type === "choosing")).toBe(false);
  const { layerSearch, notes } = factsOf(out);
  expect(layerSearch).toMatchObject({ chosen: "top:1", tried: [] });
  expect(notes).toContain("The layers are top:1: with 2 layers in the model there is no other number to choose.");
});
