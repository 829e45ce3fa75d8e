/** What changes predictions goes with every form of a model: above all the longest text, which no weight shows. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, pipeline } from "@huggingface/transformers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import type { LoadOptions } from "../../../src/classifier/opened-model.ts";
import { inspect } from "../../../src/inspection/inspect-texts.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, inputError } from "../tables/scratch.ts";

env.allowRemoteModels = false;
const root = mkdtempSync(join(tmpdir(), "attune-travel-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);
const LENGTH = 6;
/** Its first words say another thing than the rest. */
const TEXT = "good happy good happy bad unhappy bad unhappy bad";
const at = (name: string) => join(root, name);
const CONFIG = "tokenizer_config.json";
const configOf = (folder: string) => JSON.parse(readFileSync(join(folder, CONFIG), "utf8"));

beforeAll(async () => {
  const small = { model, data, epochs: 4, batchSize: 16, learningRate: 1e-2, threads: 1, maxLength: LENGTH };
  for (const method of ["full", "lora"] as const)
    for await (const _ of train({ ...small, method, out: at(method) } as TrainOptions));
  for (const run of ["full", "lora"] as const) {
    await exportRun(at(run), { format: "transformers", out: at(`${run}-transformers`) });
    await exportRun(at(run), { format: "onnx", out: at(`${run}-onnx`) });
  }
  await exportRun(at("lora"), { format: "peft", out: at("lora-peft") });
});

async function logitsOf(folder: string, options: LoadOptions = {}): Promise<readonly number[]> {
  const classifier = await load(folder, { threads: 1, ...options });
  const [found] = await classifier.predict([TEXT]);
  await classifier.dispose();
  return found!.logits;
}

test.each<[string, string, LoadOptions?]>([
  ["full", "full"],
  ["full", "full/model"],
  ["full", "full-transformers"],
  ["lora", "lora"],
  ["lora", "lora-transformers"],
  ["lora", "base", { adapter: at("lora") }],
  ["lora", "base", { adapter: at("lora/adapter") }],
  ["lora", "base", { adapter: at("lora-peft"), labels: ["down", "up"] }],
])("of %s to %s %o", async (run, form, options) => {
  const expected = await logitsOf(at(run), { maxLength: LENGTH });
  const uncut = await logitsOf(at(run), { maxLength: 16 });
  const found = await logitsOf(at(form), options);
  for (const [i, logit] of found.entries()) expect(logit).toBeCloseTo(expected[i]!, 5);
  expect(Math.abs(uncut[0]! - expected[0]!)).toBeGreaterThan(0.01);
});

test.each(["full", "lora"])("of %s to transformers.js", async (run) => {
  const ours = await load(at(run), { threads: 1 });
  const probabilities = (await ours.predict([TEXT]))[0]!.probabilities;
  await ours.dispose();
  const theirs = await pipeline("text-classification", at(`${run}-onnx`), { dtype: "fp32" });
  const found = (await theirs(TEXT, { top_k: null } as never)) as unknown as { label: string; score: number }[];
  await theirs.dispose();
  for (const { label, score } of found) expect(score).toBeCloseTo(probabilities[label]!, 5);
});

test("a base's own limit counts where nothing else does, and none that is beyond its positions", async () => {
  const own = at("own-limit");
  cpSync(at("full/model"), own, { recursive: true });
  for (const [limit, length] of [
    [LENGTH, LENGTH],
    [1e30, 16],
    [400, 16],
  ] as const) {
    writeFileSync(join(own, CONFIG), JSON.stringify({ ...configOf(own), model_max_length: limit }));
    expect(await logitsOf(own)).toEqual(await logitsOf(own, { maxLength: length }));
  }
});

const python = process.env.ATTUNE_PYTHON;
test.skipIf(!python)("Transformers cuts texts where they were cut in training", () => {
  const folders = ["full/model", "full-transformers", "lora-transformers", "lora-peft", "full-onnx"].map(at);
  const command = [join(fixtures, "check_tokenizer.py"), TEXT, ...folders];
  const expected = { length: LENGTH, ids: [...loadTokenizer(model).encode(TEXT, LENGTH).ids] };
  expect(JSON.parse(execFileSync(python!, command, { encoding: "utf8" }))).toEqual(folders.map(() => expected));
});

describe("of a model's folder, only files of its own are read and copied", () => {
  const withFiles = (name: string, change: (folder: string) => void) => {
    const folder = at(name);
    cpSync(model, folder, { recursive: true });
    change(folder);
    return folder;
  };
  const secret = at("secret.txt");
  writeFileSync(secret, '{"key": "hunter2"}\n');

  test.each(["vocab.txt", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json"])(
    "%s that leads elsewhere",
    async (file) => {
      const folder = withFiles(`linked-${file}`, (it) => {
        rmSync(join(it, file), { force: true });
        symlinkSync(secret, join(it, file));
      });
      const said = await inputError(() => Promise.resolve(loadTokenizer(folder)));
      expect(said).toBe(
        `${join(folder, file)}: it leads to ${secret}, which is no file of this folder; put the file itself there`,
      );
    },
  );

  test("a link within the folder, and one to the blobs of the Hub's cache", () => {
    const inside = withFiles("inside", (it) => {
      cpSync(join(it, "tokenizer.json"), join(it, "real.json"));
      rmSync(join(it, "tokenizer.json"));
      symlinkSync("real.json", join(it, "tokenizer.json"));
    });
    const snapshot = at(`cache/models--a--b/snapshots/${"0".repeat(40)}`);
    mkdirSync(join(at("cache/models--a--b"), "blobs"), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    cpSync(join(model, "tokenizer.json"), at("cache/models--a--b/blobs/abc"));
    symlinkSync("../../blobs/abc", join(snapshot, "tokenizer.json"));
    for (const folder of [inside, snapshot]) expect(loadTokenizer(folder).encode("a cat", 9).ids.length).toBe(4);
  });

  test("files that are not what they are called stay behind", () => {
    const { vocab } = JSON.parse(readFileSync(join(model, "tokenizer.json"), "utf8")).model as {
      vocab: Record<string, number>;
    };
    const tokens = Object.entries(vocab).sort(([, a], [, b]) => a - b);
    const good = withFiles("good", (it) => {
      writeFileSync(join(it, "vocab.txt"), `${tokens.map(([token]) => token).join("\n")}\n`);
      writeFileSync(join(it, "special_tokens_map.json"), '{"pad_token": "[PAD]"}');
    });
    const bad = withFiles("bad", (it) => {
      writeFileSync(join(it, "vocab.txt"), "root:x:0:0:root:/root:/bin/bash\n");
      writeFileSync(join(it, "special_tokens_map.json"), '{"auths": {}}');
    });
    const names = (folder: string) =>
      loadTokenizer(folder)
        .files(16)
        .map(({ name }) => name);
    expect(names(good)).toEqual(["tokenizer.json", CONFIG, "vocab.txt", "special_tokens_map.json"]);
    expect(names(bad)).toEqual(["tokenizer.json", CONFIG]);
  });
});

describe("a model that was exported is trained with the length that it says", () => {
  test.each(["full", "lora"] as const)("%s", async (method) => {
    const [again, given] = [at(`again-${method}`), at(`given-${method}`)];
    const small = {
      model: at("full-transformers"),
      data,
      method,
      epochs: 1,
      batchSize: 16,
      learningRate: 1e-2,
      threads: 1,
    };
    await train({ ...small, out: again } as TrainOptions);
    await train({ ...small, out: given, maxLength: LENGTH } as TrainOptions);
    expect(await logitsOf(again)).toEqual(await logitsOf(given));
    await train({ ...small, out: `${again}-16`, maxLength: 16 } as TrainOptions);
    expect(await logitsOf(`${again}-16`)).not.toEqual(await logitsOf(given));
  });

  test("inspect counts as many", async () => {
    expect(await inspect({ data, model: at("full-transformers") })).toMatchObject({ maxLength: LENGTH });
  });
});
