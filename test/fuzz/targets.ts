/** What is tried: each target changes one of its files, and gives the folder to what reads it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../../src/base/size-of.ts";
import { loadModel } from "../../src/classifier/load-model.ts";
import { readStudy } from "../../src/comparison/read-study.ts";
import { openModel } from "../../src/pretrained/open-model.ts";
import { adapterFolder, openAdapter } from "../../src/run/adapter.ts";
import { RunFolder } from "../../src/run/run-folder.ts";
import { resolveOptions } from "../../src/run/train-options.ts";
import { resolvePlan } from "../../src/study/plan.ts";
import { readPlanFile } from "../../src/study/plan-file.ts";
import { loadDataset } from "../../src/tables/load-dataset.ts";
import { openTable } from "../../src/tables/open-table.ts";
import { loadTokenizer } from "../../src/tokens/tokenizer.ts";
import { openWeights } from "../../src/weights/weight-files.ts";
import { tinyFolder } from "../methods-folder.ts";
import { fabricatedSettings, fabricateStudy } from "../study.ts";
import { tokenizerFolder } from "../tokenizer-folder.ts";
import { type Draw, mutateBytes, mutateJson, overwriteBytes } from "./mutate.ts";

export interface Target {
  readonly name: string;
  /** Makes one input in `folder` and reads it; what it throws is judged by the caller. */
  run(folder: string, draw: Draw): unknown;
}

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** All targets; `root` is a folder for what they begin with. */
export function fuzzTargets(root: string): Target[] {
  const { model } = tinyFolder(root);
  const study = join(root, "study");
  const settings = fabricatedSettings("tuned").slice(1, 3);
  fabricateStudy(study, { settings, texts: 6 });
  const facts = { path: "d", sha256: "da7a", labels: ["anger", "joy", "love"], notes: [], counts: {} };
  writeFileSync(join(study, "data.json"), JSON.stringify(facts));
  const run = join(study, "runs", "tuned-full-s42");
  const adapters = ["lora", "ia3", "prompt", "prefix"].map((name) => join(fixtures, "peft", name));

  /** A folder with one file changed. */
  const changed = (from: string, file: string, read: (folder: string) => unknown): Target["run"] => {
    const original = readFileSync(join(from, file));
    const isJson = file.endsWith(".json");
    return (folder, draw) => {
      cpSync(from, folder, { recursive: true });
      const asText = !isJson || draw(4) === 0;
      const bytes = asText
        ? mutateBytes(original, draw)
        : JSON.stringify(mutateJson(JSON.parse(String(original)), draw));
      writeFileSync(join(folder, file), bytes ?? "null");
      return read(folder);
    };
  };
  const table = (name: string, content: string): Target => ({
    name,
    run: (folder, draw) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, name), mutateBytes(Buffer.from(content), draw));
      return loadDataset({ path: join(folder, name), seed: 1 } as Parameters<typeof loadDataset>[0]);
    },
  });
  const parquet = (name: string): Target => {
    const original = readFileSync(join(fixtures, "parquet", name));
    return {
      name,
      run: async (folder, draw) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), eitherWay(original, draw));
        const opened = await openTable(join(folder, name));
        for await (const _ of opened.rows(opened.columns));
      },
    };
  };
  const rows = Array.from({ length: 24 }, (_, i) => ({
    text: `text ${i} is, "good" or bad`,
    label: i % 2 ? "up" : "down",
  }));
  const csv = rows.map(({ text, label }) => `"${text.replaceAll('"', '""')}",${label}`).join("\n");
  const card = `---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/*.csv\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': down\n          '1': up\n---\n`;
  const plan = `model: attune:mini\ndata: attune:emotions\nrecipe: [controlled, tuned]\nmethods:\n- method: lora\n  rank: [2, 4]\n- method: full\n  learningRate: 1e-4\nseeds: [1, 2]\n`;
  const options = {
    model: "m",
    data: "d",
    out: "o",
    method: "lora",
    rank: 4,
    targets: ["query"],
    epochs: 2,
    classWeights: "balanced",
    labelSmoothing: 0.1,
  };

  return [
    table("rows.csv", `text,label\n${csv}\n`),
    table("rows.tsv", `text\tlabel\n${rows.map(({ text, label }) => `${text}\t${label}`).join("\n")}\n`),
    table("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n")),
    table("rows.json", JSON.stringify(rows)),
    ...["none", "snappy", "gzip", "zstd", "lz4", "integers", "types"].map((name) => parquet(`${name}.parquet`)),
    {
      name: "a data set's card",
      run: (folder, draw) => {
        mkdirSync(join(folder, "data"), { recursive: true });
        writeFileSync(join(folder, "data", "train.csv"), `text,label\n${csv}\n`);
        writeFileSync(join(folder, "README.md"), mutateBytes(Buffer.from(card), draw));
        return loadDataset({ path: folder, seed: 1 } as Parameters<typeof loadDataset>[0]);
      },
    },
    {
      name: "a plan",
      run: (folder, draw) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "plan.yaml"), mutateBytes(Buffer.from(plan), draw));
        return readPlanFile(join(folder, "plan.yaml"));
      },
    },
    {
      name: "a plan in code",
      run: (_, draw) =>
        resolvePlan(mutateJson({ model: "m", data: "d", methods: [{ method: "lora", rank: [2] }], seeds: [1] }, draw)),
    },
    { name: "options", run: (_, draw) => resolveOptions(mutateJson(options, draw)) },
    {
      name: "tokenizer.json",
      run: changed(model, "tokenizer.json", (folder) => loadTokenizer(folder).encode("a cat", 8)),
    },
    {
      name: "tokenizer_config.json",
      run: changed(model, "tokenizer_config.json", (folder) => loadTokenizer(folder).encode("a cat", 8)),
    },
    ...[
      ["deberta-v3", "spm.model"],
      ["xlm-roberta-bpe", "sentencepiece.bpe.model"],
      ["albert", "spiece.model"],
      ["bert", "vocab.txt"],
      ["roberta", "vocab.json"],
      ["roberta", "merges.txt"],
      ["modernbert", "tokenizer.json"],
    ].map(([kind, file]) => ({
      name: `${kind}: ${file}`,
      run: changed(join(fixtures, "tokenizers", kind!), file!, (folder) => loadTokenizer(folder).encode("a cat", 8)),
    })),
    {
      name: "spm.model with its character map",
      run: changed(tokenizerFolder("deberta-v3", join(root, "deberta-v3")), "spm.model", (folder) =>
        loadTokenizer(folder).encode("a ½ cafe\u0301 ﾊﾟ", 8),
      ),
    },
    { name: "config.json", run: changed(model, "config.json", async (folder) => (await openModel(folder)).close()) },
    {
      name: "a shard index",
      run: changed(join(fixtures, "bert", "sharded"), "model.safetensors.index.json", (folder) =>
        openWeights(folder).close(),
      ),
    },
    {
      name: "a safetensors header",
      run: changed(join(fixtures, "bert", "bare"), "model.safetensors", (folder) => openWeights(folder).close()),
    },
    ...["mixed", "class"].map((kind) => ({ name: `pytorch_model.bin, ${kind}`, run: pickledWeights(kind) })),
    ...adapters.map((from) => ({
      name: `${from.slice(fixtures.length)}/adapter_config.json`,
      run: changed(from, "adapter_config.json", (folder) =>
        loadModel({ folder: model, adapter: folder, labels: ["a", "b"] }),
      ),
    })),
    { name: "run.json", run: changed(run, "run.json", (folder) => loadModel({ folder })) },
    {
      name: "result.json",
      run: changed(run, "result.json", (folder) => RunFolder.open(folder).readJson("result.json")),
    },
    { name: "an adapter's own file", run: ownAdapter(model) },
    ...[
      "study.json",
      "data.json",
      "runs/tuned-full-s42/run.json",
      "runs/tuned-full-s42/result.json",
      "runs/tuned-full-s42/predictions/test.jsonl",
    ].map((file) => ({ name: `study: ${file}`, run: changed(study, file, readStudy) })),
  ];
}

/** Binary files, whose parts are found by their places. */
const eitherWay = (bytes: Uint8Array, draw: Draw): Uint8Array =>
  (draw(4) === 0 ? mutateBytes : overwriteBytes)(bytes, draw);

function pickledWeights(kind: string): Target["run"] {
  const original = readFileSync(join(fixtures, "pytorch-bin", `${kind}.bin`));
  return (folder, draw) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "pytorch_model.bin"), eitherWay(original, draw));
    const weights = openWeights(folder);
    try {
      for (const [name, { shape, dtype }] of weights.tensors)
        if (/^B?F\d/.test(dtype)) weights.readFloat32(name, new Float32Array(sizeOf(shape)));
    } finally {
      weights.close();
    }
  };
}

function ownAdapter(model: string): Target["run"] {
  const facts = {
    base: { path: model, sha256: "0".repeat(64) },
    labels: ["a", "b"],
    method: "lora",
    head: { head: "pooler" },
    options: { rank: 2, alpha: 4 },
    semantics: "attune",
  };
  return (folder, draw) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "attune_adapter.json"), JSON.stringify(mutateJson(facts, draw)) ?? "null");
    openAdapter(adapterFolder(folder));
    return loadModel({ folder: model, adapter: folder });
  };
}
