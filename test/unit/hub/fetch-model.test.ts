/** A model from the Hub: which files come, where they lie, and that the cache is enough afterwards. */
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fetchModel } from "../../../src/hub/fetch-model.ts";
import type { HubReference } from "../../../src/hub/repository-name.ts";
import { blobSha1Of, sha256Of } from "../../hub-server/repositories.ts";
import { inputError } from "../tables/scratch.ts";
import { loopbackHub } from "./hub.ts";

const { hub, noHub, context, cache } = loopbackHub();
const named = (name: string, revision = "main"): HubReference => ({ kind: "model", name, revision });

const FILES = {
  "README.md": "# a model",
  "config.json": '{"model_type": "bert"}',
  "model.safetensors": "weights ".repeat(1000),
  "pytorch_model.bin": "pickled ".repeat(1000),
  "tokenizer.json": "{}",
  "vocab.txt": "[PAD]",
  "onnx/model.onnx": "program",
};
const repository = hub.add({ name: "org/model", files: FILES });
const first = repository.resolve("main")!;
const FOLDER = "models--org--model";

describe("the first time", () => {
  test("only what is needed comes", async () => {
    const { folder, commit } = await fetchModel(named("org/model"), context());
    expect(commit).toBe(first);
    expect(folder).toBe(cache(FOLDER, "snapshots", first));
    for (const path of ["README.md", "config.json", "model.safetensors", "tokenizer.json", "vocab.txt"] as const)
      expect(readFileSync(join(folder, path), "utf8")).toBe(FILES[path]);
    for (const path of ["pytorch_model.bin", "onnx"]) expect(existsSync(join(folder, path))).toBe(false);
  });

  test("where there are no safetensors, PyTorch's file comes, or its shards", async () => {
    const config = { "config.json": "{}", "tf_model.h5": "others'" };
    hub.add({ name: "org/bin", files: { ...config, "pytorch_model.bin": "pickled" } });
    const one = await fetchModel(named("org/bin"), context());
    expect(readFileSync(join(one.folder, "pytorch_model.bin"), "utf8")).toBe("pickled");
    expect(existsSync(join(one.folder, "tf_model.h5"))).toBe(false);
    const shard = "pytorch_model-00001-of-00001.bin";
    const index = JSON.stringify({ weight_map: { a: shard } });
    hub.add({ name: "org/shards", files: { ...config, [shard]: "s", "pytorch_model.bin.index.json": index } });
    const { folder } = await fetchModel(named("org/shards"), context());
    expect(readFileSync(join(folder, shard), "utf8")).toBe("s");
  });

  test("PyTorch's file that others left in the cache gives way to safetensors, unless the Hub cannot be asked", async () => {
    const bin = cache(FOLDER, "snapshots", first, "pytorch_model.bin");
    mkdirSync(cache(FOLDER, "snapshots", first), { recursive: true });
    mkdirSync(cache(FOLDER, "refs"));
    writeFileSync(cache(FOLDER, "refs/main"), first);
    for (const path of ["config.json", "tokenizer.json", "pytorch_model.bin"] as const)
      writeFileSync(cache(FOLDER, "snapshots", first, path), FILES[path]);
    const { folder } = await fetchModel(named("org/model"), context({ HF_HUB_OFFLINE: "1" }));
    expect([existsSync(bin), existsSync(join(folder, "model.safetensors"))]).toEqual([true, false]);
    await fetchModel(named("org/model"), context());
    expect(readFileSync(join(folder, "model.safetensors"), "utf8")).toBe(FILES["model.safetensors"]);
  });

  test("that there are no safetensors is asked once", async () => {
    await fetchModel(named("org/bin"), context());
    const asked = hub.requests.length;
    await fetchModel(named("org/bin", hub.find("model", "org/bin")!.resolve("main")!), context());
    expect(hub.requests.length).toBe(asked);
  });

  test("the files of a vocabulary come where there is no tokenizer.json, and the cache is enough afterwards", async () => {
    const files = { "config.json": "{}", "pytorch_model.bin": "pickled", "tokenizer_config.json": "{}" };
    hub.add({ name: "org/pieces", files: { ...files, "spm.model": "pieces", "tf_model.h5": "others'" } });
    const { folder } = await fetchModel(named("org/pieces"), context());
    expect(readFileSync(join(folder, "spm.model"), "utf8")).toBe("pieces");
    hub.requests.length = 0;
    await fetchModel(named("org/pieces"), context());
    expect(hub.paths()).toEqual(["/api/models/org/pieces/revision/main"]);
    hub.add({ name: "org/both", files: { ...files, "spm.model": "pieces", "tokenizer.json": "{}" } });
    const both = await fetchModel(named("org/both"), context());
    expect(existsSync(join(both.folder, "spm.model"))).toBe(false);
  });

  test("a vocabulary that needs Python is refused before the weights come", async () => {
    const config = '{"model_type": "roberta", "tokenizer_class": "BertweetTokenizer"}';
    const files = { "config.json": config, "vocab.txt": "a 1", "bpe.codes": "a b", "pytorch_model.bin": "pickled" };
    hub.add({ name: "org/tweets", files });
    const message = await inputError(() => fetchModel(named("org/tweets"), context()));
    expect(message).toContain("BertweetTokenizer exists as Python code only");
    expect(hub.paths().filter((path) => path.endsWith("pytorch_model.bin"))).toEqual([]);
  });

  test("blobs have the name of their hash, links are relative, and the revision is remembered without a line end", async () => {
    const { folder } = await fetchModel(named("org/model"), context());
    const weights = sha256Of(Buffer.from(FILES["model.safetensors"]));
    const config = blobSha1Of(Buffer.from(FILES["config.json"]));
    expect(readlinkSync(join(folder, "model.safetensors"))).toBe(join("../../blobs", weights));
    expect(readlinkSync(join(folder, "config.json"))).toBe(join("../../blobs", config));
    expect(lstatSync(cache(FOLDER, "blobs", weights)).isFile()).toBe(true);
    expect(readFileSync(cache(FOLDER, "refs/main"), "utf8")).toBe(first);
    expect(existsSync(cache(FOLDER, ".no_exist", first, "tokenizer_config.json"))).toBe(true);
  });

  test("progress counts the bytes of what comes, up to all of them", async () => {
    const { events, ...given } = context();
    await fetchModel(named("org/model"), { ...given });
    const total = ["README.md", "config.json", "model.safetensors", "tokenizer.json", "vocab.txt"].reduce(
      (sum, path) => sum + FILES[path as "config.json"].length,
      0,
    );
    const downloads = events.filter((event) => event.type === "download");
    expect(downloads.every(({ totalBytes, repo }) => totalBytes === total && repo === "org/model")).toBe(true);
    expect(downloads.at(-1)!.bytes).toBe(total);
    const counts = downloads.map(({ bytes }) => bytes);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  test("shards come by the index, and no others", async () => {
    const index = {
      weight_map: { a: "model-1-of-2.safetensors", b: "model-2-of-2.safetensors", c: "model-1-of-2.safetensors" },
    };
    const files = {
      "config.json": "{}",
      "tokenizer.json": "{}",
      "model.safetensors.index.json": JSON.stringify(index),
      "model-1-of-2.safetensors": "one",
      "model-2-of-2.safetensors": "two",
      "old-1-of-1.safetensors": "three",
    };
    hub.add({ name: "org/sharded", files });
    const { folder } = await fetchModel(named("org/sharded"), context());
    expect(readFileSync(join(folder, "model-2-of-2.safetensors"), "utf8")).toBe("two");
    expect(existsSync(join(folder, "old-1-of-1.safetensors"))).toBe(false);
  });

  test("the token goes to the Hub and not to the host that it redirects to", async () => {
    hub.add({ name: "org/private", files: FILES, private: true });
    await fetchModel(named("org/private"), context({ HF_TOKEN: " hf_valid\n" }));
    const tokens = (host: string) =>
      new Set(hub.requests.filter((seen) => seen.host === host).map(({ token }) => token));
    expect(tokens("hub")).toEqual(new Set(["hf_valid"]));
    expect(tokens("store")).toEqual(new Set([undefined]));
  });

  test("the token may stand in the file that a login leaves", async () => {
    const file = cache("..", "token");
    mkdirSync(cache(".."), { recursive: true });
    writeFileSync(file, "hf_valid\n");
    hub.add({ name: "org/private", files: FILES, private: true });
    await fetchModel(named("org/private"), context());
    expect(hub.requests[0]!.token).toBe("hf_valid");
  });

  test("a repository that was renamed is found, and one with the headers of Xet", async () => {
    hub.rename("model", "old/model", "org/xet");
    hub.add({ name: "org/xet", files: FILES, xet: true });
    const { folder } = await fetchModel(named("old/model"), context());
    expect(readFileSync(join(folder, "model.safetensors"), "utf8")).toBe(FILES["model.safetensors"]);
  });

  test("without symbolic links the snapshot holds the files", async () => {
    const { folder } = await fetchModel(named("org/model"), context({ HF_HUB_DISABLE_SYMLINKS: "1" }));
    expect(lstatSync(join(folder, "model.safetensors")).isFile()).toBe(true);
    expect(readFileSync(join(folder, "model.safetensors"), "utf8")).toBe(FILES["model.safetensors"]);
    hub.requests.length = 0;
    await fetchModel(named("org/model"), context({ HF_HUB_DISABLE_SYMLINKS: "1" }));
    expect(hub.requests).toHaveLength(1);
  });
});

describe("afterwards", () => {
  test("a revision is asked for once, a commit not at all", async () => {
    await fetchModel(named("org/model"), context());
    hub.requests.length = 0;
    await fetchModel(named("org/model"), context());
    expect(hub.paths()).toEqual(["/api/models/org/model/revision/main"]);
    hub.requests.length = 0;
    await fetchModel(named("org/model", first), context());
    expect(hub.requests).toEqual([]);
  });

  test("HF_HUB_OFFLINE asks nothing and finds the commit that the revision was", async () => {
    await fetchModel(named("org/model"), context());
    hub.requests.length = 0;
    const { commit } = await fetchModel(named("org/model"), context({ HF_HUB_OFFLINE: "1" }));
    expect(commit).toBe(first);
    expect(hub.requests).toEqual([]);
  });

  test("a Hub that cannot be reached is no hindrance", async () => {
    await fetchModel(named("org/model"), context());
    const { commit, problem } = await fetchModel(named("org/model"), context({ HF_ENDPOINT: noHub() }));
    expect(commit).toBe(first);
    expect(problem?.code).toBe("hub/unreachable");
  });

  test("a new commit brings only what changed, and the old one stays", async () => {
    const moving = hub.add({ name: "org/moving", files: FILES });
    const { commit: before } = await fetchModel(named("org/moving"), context());
    const after = moving.commit({ "config.json": '{"model_type": "bert", "x": 1}' });
    hub.requests.length = 0;
    const { folder } = await fetchModel(named("org/moving"), context());
    expect(folder).toContain(after);
    expect(hub.paths().filter((path) => path.includes("/resolve/"))).toEqual([
      `/org/moving/resolve/${after}/config.json`,
    ]);
    expect((await fetchModel(named("org/moving", before), context())).commit).toBe(before);
  });

  test("what is only partly there is refused offline, with what to do", async () => {
    const missing = context({ HF_HUB_OFFLINE: "1" });
    const message = await inputError(() => fetchModel(named("org/model"), missing));
    expect(message).toMatch(
      /^org\/model: HF_HUB_OFFLINE is set, and .* does not have all of this model at main; fetch it once/,
    );
  });
});
