/** A method of somebody's own, registered: trained, kept, loaded, resumed, exported and listed like those of Attune. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { onnxRuntimeEngine } from "../../../src/engine/onnxruntime.ts";
import { mul } from "../../../src/graph/ops/elementwise.ts";
import { methods } from "../../../src/index.ts";
import { adaptModel, startAdded } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { defineMethod, registerMethod, type SublayerRole, trainsHead, z } from "../../../src/methods.ts";
import type { Encoder } from "../../../src/models/encoder.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { recipeOptions } from "../../../src/run/recipes.ts";
import { resume, train } from "../../../src/run/train.ts";
import { computeLogits } from "../../../src/train/evaluate.ts";
import { evaluationProgram } from "../../../src/train/program.ts";
import { tinyFolder, tinyLabels } from "../../methods-folder.ts";
import { smallTask } from "../../study.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const method = defineMethod({
  title: "Gates",
  summary: "train one factor for what each sub-layer adds, and the head",
  about: "Each sub-layer's output is multiplied by one trained factor.",
  chooseWhen: "Choose it in tests.",
  options: z.strictObject({ start: z.number().default(1).describe("what the factors begin as") }),
  adapt: (encoder, { start }, context) => {
    const nameOf = (role: SublayerRole, layer: number) => `gates.${layer}.${role}`;
    const roles = ["attention", "feedForward"] as const;
    const layers = Array.from({ length: encoder.layers }, (_, layer) => layer);
    return {
      added: layers.flatMap((layer) =>
        roles.map((role) => ({
          ...({ name: nameOf(role, layer), shape: [1], kind: "weight", part: "adapter", layer } as const),
          start: (array: Float32Array) => array.fill(start),
        })),
      ),
      trains: (parameter) => trainsHead(parameter, context),
      wrap: (scope) => ({
        ...scope,
        sublayer: (role, layer, x) => mul(scope.sublayer(role, layer, x), scope.parameter(nameOf(role, layer))),
      }),
    };
  },
});
const gates = registerMethod("gates", method);

const IDS = new Int32Array();
const { folder } = scratchFolder();
const root = folder({});
const { model, data } = tinyFolder(root);
const small = { model, data, epochs: 2, batchSize: 8, learningRate: 1e-2, threads: 1 } as const;

test("its run is kept, loaded, and goes on where it was interrupted", async () => {
  const [first, second] = [join(root, "first"), join(root, "second")];
  for await (const _ of train({ ...small, out: first, ...gates({ start: 0.5 }) }));
  const kept = (run: string) => readFileSync(join(run, "adapter", "adapter.safetensors"));
  expect(JSON.parse(readFileSync(join(first, "run.json"), "utf8")).options).toMatchObject({
    method: "gates",
    start: 0.5,
  });
  const predictions = readFileSync(join(first, "predictions", "test.jsonl"), "utf8")
    .trim()
    .split("\n");
  const expected: { text: string; logits: number[] }[] = predictions.map((line) => JSON.parse(line));
  const classifier = await load(first, { threads: 1 });
  const found = await classifier.predict(expected.map(({ text }) => text));
  await classifier.dispose();
  expect(found.map(({ logits }) => [...logits])).toEqual(expected.map(({ logits }) => logits));

  const stop = new AbortController();
  const interrupted = async () => {
    for await (const event of train({ ...small, out: second, ...gates({ start: 0.5 }) }, { signal: stop.signal }))
      if (event.type === "step" && event.step === 5) stop.abort();
  };
  await expect(interrupted()).rejects.toThrow("stopped after step 5");
  for await (const _ of resume(second));
  expect(kept(second)).toEqual(kept(first));

  await exportRun(first, { format: "onnx", out: join(root, "onnx") });
  expect(await inputError(() => exportRun(first, { format: "peft", out: join(root, "peft") }))).toContain(
    "PEFT has no method like gates",
  );
});

test("what a sub-layer puts out is what goes into dropout and the residual: half of it is half of its last layer", async () => {
  const pretrained = await openModel(model, tinyLabels);
  const context = { semantics: "attune", trainHead: true, trainPooler: false, fresh: pretrained.fresh } as const;
  const logitsOf = async (encoder: Encoder, change: (array: (name: string) => Float32Array) => void) => {
    const { weights } = new CpuStore(encoder.parameters);
    const arrayOf = (name: string) => weights[name]!.data as Float32Array;
    pretrained.readInto(arrayOf, 1);
    change(arrayOf);
    const executable = await onnxRuntimeEngine({ threads: 1 }).compile(evaluationProgram(encoder));
    const source = { count: 2, ids: (i: number) => Int32Array.of(2, 7, 9 + i, 3) };
    const logits = await computeLogits({ executable, encoder, weights, labelCount: tinyLabels.length }, source);
    await executable.dispose();
    return logits;
  };
  const halve = (array: Float32Array) => array.set(array.map((value) => value / 2));
  const adapted = adaptModel(pretrained.encoder, chooseMethod("gates", { start: 0.5 }), context);
  const weights = (arrayOf: (name: string) => Float32Array) => ({ seed: 1, weights: arrayOf, tokenize: () => IDS });
  const found = await logitsOf(adapted.encoder, (arrayOf) => startAdded(adapted, weights(arrayOf)));
  const expected = await logitsOf(pretrained.encoder, (arrayOf) => {
    const last = pretrained.encoder.linears.filter(({ role }) => role === "attentionOutput" || role === "output");
    expect(last).toHaveLength(4);
    for (const { weight, bias } of last) [weight, bias!].forEach((name) => void halve(arrayOf(name)));
  });
  const base = await logitsOf(pretrained.encoder, () => undefined);
  pretrained.close();
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-6);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - base[i]!)))).toBeGreaterThan(1e-2);
});

test("is listed behind the others, with its options and their defaults", () => {
  const listed = methods();
  expect(listed.map(({ name }) => name).slice(-2)).toEqual(["ia3", "gates"]);
  expect(listed.at(-1)).toEqual({
    name: "gates",
    title: "Gates",
    summary: "train one factor for what each sub-layer adds, and the head",
    options: { start: { type: "number", default: 1, description: "what the factors begin as" } },
  });
  expect(listed.find(({ name }) => name === "lora")?.options.rank?.default).toBe(8);
});

test("options are checked as those of Attune's methods are, by TypeScript and at run time", async () => {
  const out = join(root, "none");
  // @ts-expect-error: the method has no such option.
  const misspelled = { ...small, out, ...gates({ strt: 2 }) };
  const run = async () => {
    for await (const _ of train(misspelled));
  };
  await expect(run()).rejects.toThrow("there is no option strt; did you mean start?");
  // @ts-expect-error: a name alone could be anything.
  const unknown = train({ ...small, out, method: "gate" });
  await expect(unknown[Symbol.asyncIterator]().next()).rejects.toThrow(/method cannot be "gate"/);
});

test("names are taken once, and have one form", () => {
  expect(() => registerMethod("lora", method)).toThrow('there is a method "lora" already; choose another name');
  expect(() => registerMethod("gates", method)).toThrow('there is a method "gates" already');
  expect(() => registerMethod("My method", method)).toThrow('a method cannot be called "My method"');
  expect(() => chooseMethod("gaits")).toThrow('there is no method "gaits"; did you mean "gates"?');
});

test("an option that train has already is refused, as one of them would be without effect", async () => {
  const { title, summary, about, chooseWhen } = method;
  const options = z.strictObject({ epochs: z.number().default(1) });
  const adapt = () => ({ trains: () => true });
  const doubled = registerMethod("doubled", { title, summary, about, chooseWhen, options, adapt });
  const begun = train({ ...small, out: join(root, "doubled"), ...doubled() });
  await expect(begun[Symbol.asyncIterator]().next()).rejects.toThrow(
    'the method "doubled" has an option epochs, which is one of train\'s own',
  );
});

test("a recipe that has no learning rate for it is an error, not a rate that suits others", () => {
  expect(() => recipeOptions("tuned", "gates", {}, smallTask)).toThrow(
    'the recipe "tuned" has no learning rate for the method "gates"',
  );
  expect(recipeOptions("tuned", "gates", { learningRate: 1e-3 }, smallTask)).toHaveProperty("epochs");
  expect(recipeOptions("controlled", "gates", {}, smallTask)).toMatchObject({ learningRate: { value: 1e-4 } });
});
