/** Model folders and data that cannot be used, for bad-input.test.ts. */
import { copyFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, writeSafetensors } from "../../src/weights/safetensors.ts";
import { fixtures } from "../unit/tables/scratch.ts";
import { readJson } from "./attune.ts";

export interface Case {
  /** What is wrong, and the command line. */
  readonly wrong: string;
  readonly args: readonly string[];
  /** Makes the workplace wrong. */
  readonly spoil?: (cwd: string) => void;
  /** What the message must have: the place, the problem, and what to do. */
  readonly says: readonly string[];
}

export const TRAIN = ["train", "--model", "model", "--data", "data", "--out", "new"];

/** Writes files, by their paths in the workplace. */
export const write =
  (...files: readonly (readonly [path: string, content: string | Uint8Array])[]) =>
  (cwd: string) => {
    for (const [path, content] of files) writeFileSync(join(cwd, path), content);
  };
const remove = (path: string) => (cwd: string) => rmSync(join(cwd, path));
const changeConfig = (changes: object) => (cwd: string) => {
  const file = join(cwd, "model/config.json");
  writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...changes }));
};
const changeTensors =
  (change: (name: string, shape: readonly number[]) => readonly number[] | undefined) => (cwd: string) => {
    const path = join(cwd, "model/model.safetensors");
    const file = openSafetensors(path);
    const tensors = [...file.tensors].flatMap(([name, tensor]) => {
      const shape = change(name, tensor.shape);
      return shape ? [{ name, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }] : [];
    });
    file.close();
    writeSafetensors(path, tensors);
  };

export const modelCases: readonly Case[] = [
  {
    wrong: "no such model folder",
    args: ["train", "--model", "nowhere", "--data", "data", "--out", "new"],
    says: ["nowhere/config.json: there is no such file", "a model is a folder with config.json and model.safetensors"],
  },
  {
    wrong: "a file instead of a model folder",
    args: ["train", "--model", "model/model.safetensors", "--data", "data", "--out", "new"],
    says: ["model/model.safetensors", "a model is a folder with config.json and model.safetensors"],
  },
  {
    wrong: "no config.json",
    args: TRAIN,
    spoil: remove("model/config.json"),
    says: ["model/config.json: there is no such file", "a model is a folder with config.json and model.safetensors"],
  },
  {
    wrong: "a config.json that is not JSON",
    args: TRAIN,
    spoil: write(["model/config.json", "{"]),
    says: ["model/config.json: this is not JSON"],
  },
  {
    wrong: "a config.json with an impossible size",
    args: TRAIN,
    spoil: changeConfig({ num_attention_heads: 3 }),
    says: ["model/config.json", '"hidden_size"', "not a multiple of num_attention_heads"],
  },
  {
    wrong: "an activation that is not known",
    args: TRAIN,
    spoil: changeConfig({ hidden_act: "mish" }),
    says: ["model/config.json", '"hidden_act"', '"gelu"'],
  },
  {
    wrong: "another architecture",
    args: TRAIN,
    spoil: changeConfig({ model_type: "t5" }),
    says: ["model/config.json", 'model_type is "t5"', 'Attune can train "bert", "distilbert"'],
  },
  {
    wrong: "a tokenizer with more words than the model",
    args: TRAIN,
    spoil: (cwd) => {
      changeConfig({ vocab_size: 20 })(cwd);
      changeTensors((name, shape) => (name.includes("word_embeddings") ? [20, 32] : shape))(cwd);
    },
    says: [
      "model/tokenizer.json: its ids go up to 157",
      "20 word embeddings",
      "take the tokenizer that belongs to the model",
    ],
  },
  {
    wrong: "no tokenizer.json",
    args: TRAIN,
    spoil: remove("model/tokenizer.json"),
    says: ["model/tokenizer.json: there is neither this file nor vocab.txt", "make it in Python", "save_pretrained"],
  },
  {
    wrong: "a tokenizer.json that is not one",
    args: TRAIN,
    spoil: write(["model/tokenizer.json", "{}"]),
    says: ["model/tokenizer.json: this tokenizer cannot be used"],
  },
  {
    wrong: "no weights",
    args: TRAIN,
    spoil: remove("model/model.safetensors"),
    says: ["model: there is no model.safetensors in this folder"],
  },
  {
    wrong: "weights that only look like PyTorch's",
    args: TRAIN,
    spoil: (cwd) => {
      remove("model/model.safetensors")(cwd);
      write(["model/pytorch_model.bin", "PK"])(cwd);
    },
    says: ["model/pytorch_model.bin", "it is no zip archive", "convert it once in Python", "save_pretrained(folder)"],
  },
  {
    wrong: "weights that are cut off",
    args: TRAIN,
    spoil: (cwd) => truncateSync(join(cwd, "model/model.safetensors"), 20_000),
    says: ["model/model.safetensors: it is cut off", "bytes of tensors are announced", "get the file again"],
  },
  {
    wrong: "weights that are another kind of file",
    args: TRAIN,
    spoil: write(["model/model.safetensors", "version https://git-lfs.github.com/spec/v1\n"]),
    says: ["model/model.safetensors", "not a safetensors file", "get the file again"],
  },
  {
    wrong: "a tensor of the wrong shape",
    args: TRAIN,
    spoil: changeConfig({ intermediate_size: 48 }),
    says: ["model: ", "encoder.layer.0.intermediate.dense.weight has shape [64, 32]", "config.json makes it [48, 32]"],
  },
  {
    wrong: "tensors that are not there",
    args: TRAIN,
    spoil: changeTensors((name, shape) => (name.includes("layer.0.attention.self.query") ? undefined : shape)),
    says: ["model: the weights lack", "attention.self.query.weight and 1 more", "not a whole bert encoder"],
  },
];

export const HEADER = "text,label\n";
export const dataCases: readonly Case[] = [
  {
    wrong: "no such data",
    args: ["train", "--model", "model", "--data", "nowhere.csv", "--out", "new"],
    says: ["nowhere.csv: there is no such file or folder"],
  },
  {
    wrong: "a folder without splits",
    args: ["train", "--model", "model", "--data", "model", "--out", "new"],
    says: ["model: there are no files like train.csv"],
  },
  {
    wrong: "a folder without a training split",
    args: TRAIN,
    spoil: remove("data/train.csv"),
    says: ["data: there is no training split", "train.csv"],
  },
  {
    wrong: "a format that is not read",
    args: ["train", "--model", "model", "--data", "texts.xlsx", "--out", "new"],
    spoil: write(["texts.xlsx", "PK"]),
    says: ['files ending in ".csv", ".tsv", ".jsonl"', 'not "texts.xlsx"'],
  },
  {
    wrong: "no text column",
    args: [...TRAIN, "--text", "text"],
    spoil: write(["data/train.csv", "sentence,label\ngood,a\n"]),
    says: ['data/train.csv: there is no column "text"', '"sentence" and "label"', "Choose one with --text"],
  },
  {
    wrong: "no label column",
    args: [...TRAIN, "--label", "label"],
    spoil: write(["data/train.csv", "text,labels\ngood,a\n"]),
    says: ['data/train.csv: there is no column "label"', "perhaps --label labels"],
  },
  {
    wrong: "a label in the validation split that train lacks",
    args: TRAIN,
    spoil: write(["data/validation.csv", `${HEADER}good,positive\nbad,neutral\n`]),
    says: ['data/validation.csv, line 3: the label "neutral"', "the training split has no such label"],
  },
  {
    wrong: "a label in the test split that train lacks",
    args: TRAIN,
    spoil: write(["data/test.csv", `${HEADER}bad,neutral\n`]),
    says: ['data/test.csv, line 2: the label "neutral"', "the training split has no such label"],
  },
  {
    wrong: "a row without a label",
    args: TRAIN,
    spoil: write(["data/train.csv", `${HEADER}good,positive\nbad,\n`]),
    says: ["data/train.csv, line 3: the label is missing", "a label is a word, a whole number or true/false"],
  },
  {
    wrong: "an empty split",
    args: TRAIN,
    spoil: write(["data/test.csv", HEADER]),
    says: ["data/test.csv: there are no rows"],
  },
  {
    wrong: "an empty file",
    args: TRAIN,
    spoil: write(["data/train.csv", ""]),
    says: ["data/train.csv: there are no rows"],
  },
  {
    wrong: "one label only",
    args: TRAIN,
    spoil: write(
      ...["train", "validation", "test"].map((s) => [`data/${s}.csv`, `${HEADER}${s},a\nmore ${s},a\n`] as const),
    ),
    says: ['data: every text has the label "a"', "a classifier needs at least two"],
  },
  {
    wrong: "too few rows for three splits",
    args: ["train", "--model", "model", "--data", "few.csv", "--out", "new"],
    spoil: write(["few.csv", `${HEADER}good,a\nbad,b\n`]),
    says: ["few.csv: there are too few rows for a validation split", "5 of each label are enough"],
  },
  {
    wrong: "bytes that are not UTF-8",
    args: TRAIN,
    spoil: write(["data/train.csv", Buffer.from(`${HEADER}good,a\ncaf\xe9,b\n`, "latin1")]),
    says: ["data/train.csv, line 3: this is not UTF-8", "save the file as UTF-8"],
  },
  {
    wrong: "a CSV row with a field too many",
    args: TRAIN,
    spoil: write(["data/train.csv", `${HEADER}good,a\nbad, very bad,b\n`]),
    says: ["data/train.csv, line 3: this row has 3 fields, the header has 2", "put texts with delimiters in quotes"],
  },
  {
    wrong: "a quote that is never closed",
    args: TRAIN,
    spoil: write(["data/train.csv", `${HEADER}good,a\n"bad,b\ngood,a\n`]),
    says: ["data/train.csv, line 3", "never closed", "double it"],
  },
  {
    wrong: "a line that is not JSON",
    args: ["train", "--model", "model", "--data", "texts.jsonl", "--out", "new"],
    spoil: write(["texts.jsonl", '{"text": "good", "label": "a"}\n{"text": "bad"\n']),
    says: ["texts.jsonl, line 2: this is not JSON"],
  },
  {
    wrong: "a text that is a number",
    args: ["train", "--model", "model", "--data", "texts.jsonl", "--out", "new"],
    spoil: write(["texts.jsonl", '{"text": 7, "label": "a"}\n']),
    says: ["texts.jsonl, line 1: the text is", "number", "it must be a text"],
  },
  {
    wrong: "a Parquet file that is cut off",
    args: ["train", "--model", "model", "--data", "texts.parquet", "--out", "new"],
    spoil: (cwd) => {
      copyFileSync(join(fixtures, "parquet/integers.parquet"), join(cwd, "texts.parquet"));
      truncateSync(join(cwd, "texts.parquet"), 500);
    },
    says: ["texts.parquet: this Parquet file cannot be read, it may be cut off"],
  },
];
