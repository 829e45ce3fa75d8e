/** The weights of a model folder: one safetensors file or PyTorch's pytorch_model.bin, or shards with an index. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readJson } from "../base/read-json.ts";
import { openPytorchBin } from "./pytorch-bin.ts";
import { openSafetensors, type TensorEntry, type WeightFiles } from "./safetensors.ts";

const SINGLE = "model.safetensors";

/** Names of the weights in a folder, in the order in which they are looked for: whole files and indices of shards. */
const KINDS = [
  { single: SINGLE, index: `${SINGLE}.index.json`, open: openSafetensors },
  { single: "pytorch_model.bin", index: "pytorch_model.bin.index.json", open: openPytorchBin },
];

/** The files that hold a folder's weights, in name order, and what opens them. */
function weightFiles(folder: string): {
  readonly files: readonly string[];
  readonly open: (path: string) => WeightFiles;
} {
  for (const { single, index, open } of KINDS) {
    if (existsSync(join(folder, single))) return { files: [join(folder, single)], open };
    const path = join(folder, index);
    if (!existsSync(path)) continue;
    const files = [...new Set(Object.values(readWeightIndex(path)))].sort().map((name) => join(folder, name));
    const missing = files.find((file) => !existsSync(file));
    if (missing)
      throw new AttuneError(
        "weights/missing-shard",
        `${missing}: this shard is missing, and ${index} needs it; get the file`,
      );
    return { files, open };
  }
  throw new AttuneError(
    "weights/none",
    `${folder}: there is no ${SINGLE} in this folder; get it from where the model comes from`,
  );
}

/** Of each tensor, the file beside the index that holds it. */
const weightIndex = z.looseObject({
  weight_map: z.record(
    z.string(),
    z
      .string()
      .refine(
        (name) => basename(name) === name && !/^\.{0,2}$|\\/.test(name),
        "it must be the name of a file beside the index",
      ),
  ),
});

export const readWeightIndex = (file: string): Readonly<Record<string, string>> =>
  readJson(file, weightIndex, { code: "weights/index" }).weight_map;

/** Opens all weight files of a model folder as one. */
export function openWeights(folder: string): WeightFiles {
  const files: WeightFiles[] = [];
  try {
    const { files: paths, open } = weightFiles(folder);
    for (const path of paths) files.push(open(path));
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
  const owner = new Map<string, WeightFiles>();
  const tensors = new Map<string, TensorEntry>();
  for (const file of files)
    for (const [name, entry] of file.tensors) {
      owner.set(name, file);
      tensors.set(name, entry);
    }
  return {
    tensors,
    readFloat32: (name, into) => owner.get(name)!.readFloat32(name, into),
    close: () => {
      for (const file of files) file.close();
    },
  };
}

/** Names of the files that hold a folder's weights, with the index of shards. */
export function weightNames(folder: string): string[] {
  const names = weightFiles(folder).files.map((file) => basename(file));
  const indices = KINDS.map(({ index }) => index).filter((name) => existsSync(join(folder, name)));
  return names.length > 1 || !KINDS.some(({ single }) => single === names[0]) ? [...names, ...indices] : names;
}

/** SHA-256 over the weight files of a model folder, in name order. */
export async function sha256OfWeights(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of weightFiles(folder).files)
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, { end: false });
  return hash.digest("hex");
}
