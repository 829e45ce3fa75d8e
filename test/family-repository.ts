/** Repositories in the shape of one of each family on the Hub: the files that are there, with a tiny model and tokenizer in them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { normal, randomKey } from "../src/base/random.ts";
import { buildEncoder } from "../src/models/registry.ts";
import { loadTokenizer } from "../src/tokens/tokenizer.ts";
import { writeFiles } from "../src/tokens/tokenizer-files.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";
import { filesFrom } from "./hub-server/folder.ts";
import { tokenizerFolder } from "./tokenizer-folder.ts";

export interface FamilyRepository {
  readonly name: string;
  /** Of its tokenizer in fixtures/tokenizers. */
  readonly kind: string;
  /** Its config.json begins with that of this model in fixtures/families. */
  readonly model?: string;
  readonly modelType: string;
  /** What is fetched, beside config.json. */
  readonly read: readonly string[];
  /** What is there and not fetched. */
  readonly left: readonly string[];
}

const CONFIG = "tokenizer_config.json";
const POOLING = "1_Pooling/config.json";
const others = [".gitattributes", "tf_model.h5", "flax_model.msgpack"];
const CARD = "README.md";
const both = [CARD, "model.safetensors", "tokenizer.json", CONFIG];

/** As the Hub has them. */
export const familyRepositories: readonly FamilyRepository[] = [
  {
    ...{ name: "google-bert/bert-base-uncased", kind: "bert", modelType: "bert" },
    ...{ read: [...both, "vocab.txt"], left: [...others, "pytorch_model.bin", "rust_model.ot"] },
  },
  {
    ...{ name: "distilbert/distilbert-base-uncased", kind: "bert", model: "distilbert", modelType: "distilbert" },
    ...{ read: [...both, "vocab.txt"], left: [...others, "pytorch_model.bin", "rust_model.ot"] },
  },
  {
    ...{ name: "FacebookAI/roberta-base", kind: "roberta", model: "roberta", modelType: "roberta" },
    ...{ read: both, left: [...others, "pytorch_model.bin", "dict.txt", "merges.txt", "vocab.json", "rust_model.ot"] },
  },
  {
    ...{ name: "FacebookAI/xlm-roberta-base", kind: "xlm-roberta", model: "roberta", modelType: "xlm-roberta" },
    ...{ read: both, left: [...others, "pytorch_model.bin", "sentencepiece.bpe.model", "onnx/model.onnx"] },
  },
  {
    ...{ name: "almanach/camembert-base", kind: "camembert", model: "roberta", modelType: "camembert" },
    ...{ read: both, left: [...others, "pytorch_model.bin", "sentencepiece.bpe.model"] },
  },
  {
    ...{ name: "google/electra-small-discriminator", kind: "electra-cased", model: "electra", modelType: "electra" },
    ...{ read: [...both, "vocab.txt"], left: [...others, "pytorch_model.bin"] },
  },
  {
    ...{ name: "sentence-transformers/all-mpnet-base-v2", kind: "mpnet", model: "mpnet", modelType: "mpnet" },
    read: [...both, "vocab.txt", "special_tokens_map.json", POOLING],
    left: ["pytorch_model.bin", "modules.json", "onnx/model.onnx"],
  },
  {
    ...{ name: "albert/albert-base-v2", kind: "albert", model: "albert", modelType: "albert" },
    ...{ read: both, left: [...others, "pytorch_model.bin", "spiece.model", "rust_model.ot"] },
  },
  {
    ...{ name: "answerdotai/ModernBERT-base", kind: "modernbert", model: "modernbert", modelType: "modernbert" },
    ...{ read: [...both, "special_tokens_map.json"], left: ["pytorch_model.bin", "onnx/model.onnx"] },
  },
  {
    ...{ name: "microsoft/deberta-v3-small", kind: "deberta-v3", modelType: "deberta-v2" },
    ...{ read: [CARD, "pytorch_model.bin", "spm.model", CONFIG], left: [".gitattributes", "tf_model.h5"] },
  },
];

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

/** The content of its files. */
export function filesOf(repository: FamilyRepository): Record<string, Uint8Array> {
  const scratch = mkdtempSync(join(tmpdir(), "attune-family-"));
  try {
    const card = { [CARD]: Buffer.from(`# ${repository.name}\n`) };
    const content: Readonly<Record<string, Uint8Array>> = { ...contentOf(repository, scratch), ...card };
    const listed = ["config.json", ...repository.read];
    return {
      ...Object.fromEntries(listed.map((name) => [name, content[name] ?? Buffer.from("{}")])),
      ...Object.fromEntries(
        repository.left.map((name) => [name, content[name] ?? Buffer.from(`the ${name} of others`)]),
      ),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function contentOf({ kind, model, modelType, read }: FamilyRepository, scratch: string): Record<string, Uint8Array> {
  const tokenizer = tokenizerFolder(kind, join(scratch, "tokenizer"));
  const known = loadTokenizer(tokenizer);
  const written = filesFrom(tokenizer);
  if (read.includes("tokenizer.json")) {
    // What other files have made of the vocabulary; the configuration is the repository's.
    writeFiles(
      tokenizer,
      known.files(24).filter(({ name }) => name === "tokenizer.json"),
    );
    Object.assign(written, { "tokenizer.json": readFileSync(join(tokenizer, "tokenizer.json")) });
  }
  if (modelType === "deberta-v2") return { ...written, ...filesFrom(join(fixtures, "pytorch-bin/deberta-v3")) };
  const bert = {
    ...{ hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 24 },
    ...{ max_position_embeddings: 24, pad_token_id: 0 },
  };
  const given = model ? JSON.parse(readFileSync(join(fixtures, "families", model, "plain/config.json"), "utf8")) : bert;
  const { id2label, label2id, architectures, ...kept } = given;
  const config = { ...kept, model_type: modelType, vocab_size: known.largestId + 1 };
  const { parameters } = buildEncoder(config, 2, "config.json");
  const tensors = parameters
    .filter(({ part }) => part === "encoder")
    .map(({ name, shape }) => {
      const key = randomKey(0, "sample", name);
      return {
        name,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.1 * normal(key, i)),
      };
    });
  writeSafetensors(join(scratch, "model.safetensors"), tensors);
  return {
    ...written,
    [POOLING]: Buffer.from('{"word_embedding_dimension": 24, "pooling_mode_mean_tokens": true}'),
    "config.json": Buffer.from(JSON.stringify(config)),
    "model.safetensors": readFileSync(join(scratch, "model.safetensors")),
  };
}
