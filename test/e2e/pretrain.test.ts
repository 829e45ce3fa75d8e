/** `attune pretrain`, from text to a model that `attune train` takes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { randomKey, uint32 } from "../../src/base/random.ts";
import type { PretrainEvent, PretrainResult } from "../../src/pretrain/pretrain-events.ts";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, readJson, readLines, startAttune, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));

const SUBJECTS = ["the cat", "a dog", "my sister", "the old man", "everybody"];
const VERBS = ["sees", "loves", "fears", "follows"];
const OBJECTS = ["the sea", "the moon", "a song", "the rain", "its shadow"];
/** Three sentences a paragraph, in which each word tells the others of its sentence. */
function novel(paragraphs: number): string {
  const lines = Array.from({ length: paragraphs }, (_, i) => {
    const sentence = (j: number) => {
      const draw = uint32(randomKey(0, "sample", i), j);
      const subject = draw % SUBJECTS.length;
      return `${SUBJECTS[subject]} ${VERBS[subject % VERBS.length]} ${OBJECTS[subject]}.`;
    };
    return [0, 1, 2].map((j) => sentence(j).replace(/^./, (letter) => letter.toUpperCase())).join(" ");
  });
  return `${lines.join("\n\n")}\n`;
}
writeFileSync(join(cwd, "novel.txt"), novel(120));

const SMALL = "--layers 1 --hidden 32 --heads 2 --vocab 80 --max-length 32 --positions 64".split(" ");
const LEARNING = "--epochs 12 --batch-size 8 --learning-rate 1e-2 --evaluations 3".split(" ");
const argsOf = (out: string, ...rest: string[]): string[] => [
  ...["pretrain", "--data", "novel.txt", "--out", out, "--new", "--bits", "same", ...SMALL, ...LEARNING],
  ...rest,
];

let undisturbed: PretrainResult;
beforeAll(async () => {
  await succeed(argsOf("undisturbed"), { cwd });
  undisturbed = readJson(cwd, "undisturbed", "result.json");
});

describe("a new model", () => {
  test("learns which words there are, and measures it on text held out", () => {
    const losses = undisturbed.heldOut.map(({ loss }) => loss);
    expect(undisturbed.heldOut.map(({ step }) => step)[0]).toBe(0);
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    for (const { loss, perplexity } of undisturbed.heldOut) expect(perplexity).toBeCloseTo(Math.exp(loss), 10);
  });

  test("is a model that train takes", async () => {
    const train = ["train", "--model", "undisturbed/model", "--data", "data", "--out", "trained", "--epochs", "1"];
    await succeed([...train, "--method", "lora", "--max-length", "16"], { cwd });
    expect(existsSync(join(cwd, "trained/adapter"))).toBe(true);
  });

  test("with bits same is the same for the same options, whatever the number of threads", async () => {
    await succeed(argsOf("again", "--threads", "1"), { cwd });
    const weights = (out: string) => readFileSync(join(cwd, out, "model/model.safetensors"));
    expect(weights("again").equals(weights("undisturbed"))).toBe(true);
  });

  test("learns from a teacher, and is written in half precision", async () => {
    await succeed(argsOf("taught", "--teacher", "model", "--float16"), { cwd });
    const { heldOut } = readJson<PretrainResult>(cwd, "taught", "result.json");
    expect(heldOut.at(-1)!.distance!).toBeLessThan(0.5 * heldOut[0]!.distance!);
    expect(readJson<{ dtype: string }>(cwd, "taught", "model/config.json").dtype).toBe("float16");
    const whole = readFileSync(join(cwd, "undisturbed/model/model.safetensors")).length;
    expect(readFileSync(join(cwd, "taught/model/model.safetensors")).length).toBeLessThan(0.6 * whole);
  });
});

describe("a run that is killed", () => {
  const often = ["--checkpoint-minutes", "0.0002"];
  test.each([7, 31, 58])("after step %i and resumed ends with the same bytes", async (step) => {
    const out = `killed-${step}`;
    const { process: child, ended } = startAttune(argsOf(out, ...often), { cwd });
    const log = join(cwd, out, "events.jsonl");
    while (child.exitCode === null && !(existsSync(log) && readFileSync(log, "utf8").includes(`"step":${step},`)))
      await setTimeout(1);
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
    await ended;
    await succeed(["pretrain", "--resume", out], { cwd });
    const weights = (run: string) => readFileSync(join(cwd, run, "model/model.safetensors"));
    expect(weights(out).equals(weights("undisturbed"))).toBe(true);
    expect(readJson<PretrainResult>(cwd, out, "result.json").heldOut).toEqual(undisturbed.heldOut);
    const steps = readLines<PretrainEvent>(cwd, out, "events.jsonl").flatMap((e) =>
      e.type === "step" ? [e.step] : [],
    );
    expect(steps).toEqual(Array.from({ length: undisturbed.steps }, (_, i) => i + 1));
  });
});

describe("domain adaptation", () => {
  test("goes on from an encoder, on the training texts of a data set", async () => {
    const args = ["pretrain", "--data", "data", "--from", "model", "--out", "adapted", "--max-length", "16"];
    const { stderr } = await succeed([...args, "--epochs", "4", "--batch-size", "4", "--held-out", "0.2"], { cwd });
    expect(stderr).toContain("Only the training split of data is read.");
    expect(stderr).toContain("The language head is drawn fresh: the file has none.");
    const { heldOut } = readJson<PretrainResult>(cwd, "adapted", "result.json");
    expect(heldOut.at(-1)!.loss).toBeLessThan(heldOut[0]!.loss);
  });

  test("goes on from a classifier, and keeps nothing that is only true of one", async () => {
    const run = ["--data", "data", "--max-length", "16", "--epochs", "1", "--batch-size", "8"];
    await succeed(["train", "--model", "model", "--head", "mean", "--out", "classifier", ...run], { cwd });
    expect(readJson(cwd, "classifier/model/config.json")).toMatchObject({ attune_head: { head: "mean" } });
    await succeed(["pretrain", "--from", "classifier/model", "--out", "beyond", "--held-out", "0.2", ...run], { cwd });
    const config = { ...readJson<object>(cwd, "model/config.json"), architectures: ["BertForMaskedLM"] };
    expect(readJson(cwd, "beyond/model/config.json")).toEqual({ ...config, dtype: "float32" });
  });
});

describe("what cannot be done is said", () => {
  const fails: readonly [string, string[], string][] = [
    [
      "neither a model nor a new one",
      ["--data", "novel.txt", "--out", "x"],
      "give either --from, a pretrained encoder to go on from, or --new for a new model",
    ],
    [
      "the size of a model that is there",
      ["--data", "novel.txt", "--out", "x", "--from", "model", "--layers", "2"],
      "--layers is an option of a new model; with --from the model has its own",
    ],
    ["no text", ["--data", "nothing.txt", "--out", "x", "--new"], "nothing.txt: there is no such file or folder"],
    [
      "heads that do not divide",
      ["--data", "novel.txt", "--out", "x", "--new", "--hidden", "30", "--heads", "4"],
      "--hidden cannot be 30: it must be a multiple of --heads 4",
    ],
    [
      "a column that is not there",
      ["--data", "data", "--out", "x", "--from", "model", "--text", "words"],
      'there is no column "words"; choose one of text, label with --text',
    ],
    [
      "a finished run",
      ["--resume", "undisturbed"],
      "undisturbed: this run is finished; its results are in result.json",
    ],
  ];
  test.each(fails)("%s", async (_name, args, message) => {
    const { code, stderr } = await attune(["pretrain", ...args], { cwd });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
    expect(existsSync(join(cwd, "x"))).toBe(false);
  });
});
