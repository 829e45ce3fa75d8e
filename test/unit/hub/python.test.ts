/**
 * Python's huggingface_hub against the same server and in the same cache: our server is one that it takes for the Hub, and
 * each side finds what the other fetched. Needs a Python with it, named by ATTUNE_PYTHON; skipped without it.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { fetchDataset } from "../../../src/hub/fetch-dataset.ts";
import { fetchModel } from "../../../src/hub/fetch-model.ts";
import { hubSettings } from "../../../src/hub/hub-settings.ts";
import { pushFolder } from "../../../src/hub/upload.ts";
import { fixtures } from "../tables/scratch.ts";
import { loopbackHub } from "./hub.ts";

const python = process.env.ATTUNE_PYTHON;
const { hub, context, environment, cache } = loopbackHub();
const scratch = mkdtempSync(join(tmpdir(), "attune-hub-python-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What the script prints; only the given variables of huggingface_hub are set. */
async function inPython<T>(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<T> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(HF_|HUGGING|TRANSFORMERS_|XDG_CACHE)/.test(name),
  );
  const options = { env: { ...Object.fromEntries(inherited), ...env }, encoding: "utf8" as const };
  const { stdout } = await promisify(execFile)(python!, [join(fixtures, "check_hub.py"), ...args], options);
  return JSON.parse(stdout);
}

const FILES = {
  "README.md": "# a model",
  "config.json": '{"model_type": "bert"}',
  "model.safetensors": "weights ".repeat(100_000),
  "tokenizer.json": "{}",
  "vocab.txt": "[PAD]",
  "more/model-of-xet.bin": "pickled",
};
const model = hub.add({ name: "org/model", files: FILES, xet: true });
const data = hub.add({
  kind: "dataset",
  name: "org/data",
  files: { "train.csv": "text,label\na,b\n", "sub/test.csv": "text,label\nc,d\n" },
});
data.commit({ "default/train/0000.parquet": "parquet" }, "refs/convert/parquet");
hub.add({ name: "org/gated", files: FILES, gated: true });
hub.add({ name: "org/private", files: FILES, private: true });
const named = (kind: "model" | "dataset", name: string) => ({ kind, name, revision: "main" });

interface Snapshot {
  readonly commit: string;
  readonly texts: Readonly<Record<string, string>>;
}

interface Cached extends Snapshot {
  readonly absent: readonly string[];
  readonly warnings: readonly string[];
}

describe.skipIf(!python)("huggingface_hub (needs ATTUNE_PYTHON; skipped without)", () => {
  test("takes the server for the Hub: info, listing, downloads, a branch with slashes", async () => {
    for (const repository of [model, data]) {
      const commit = repository.resolve("main")!;
      const files = [...repository.filesOf(commit)];
      const expected = files.map(([path, { bytes, oid, sha256 }]) => [path, [bytes.length, sha256 ?? oid]]);
      const { kind, name } = repository;
      expect(await inPython(environment(), "ask", kind, name)).toEqual({
        sha: commit,
        files: Object.fromEntries(expected),
      });
      const { texts } = await inPython<Snapshot>(environment(), "fetch", kind, name, "main");
      expect(texts).toEqual(Object.fromEntries(files.map(([path, { bytes }]) => [path, bytes.toString()])));
    }
    const converted = await inPython<Snapshot>(environment(), "fetch", "dataset", "org/data", "refs/convert/parquet");
    expect(converted.texts).toMatchObject({ "default/train/0000.parquet": "parquet" });
  });

  test.each([
    // A 401, which it takes for a missing repository over https only.
    ["HfHubHTTPError", "model", "org/none", "main", "config.json", {}],
    ["HfHubHTTPError", "model", "org/private", "main", "config.json", {}],
    ["RepositoryNotFoundError", "dataset", "org/none", "main", "x.csv", { HF_TOKEN: "hf_valid" }],
    ["RevisionNotFoundError", "model", "org/model", "v9", "config.json", {}],
    ["RemoteEntryNotFoundError", "model", "org/model", "main", "nothing.json", {}],
    ["GatedRepoError", "model", "org/gated", "main", "config.json", {}],
    ["GatedRepoError", "model", "org/gated", "main", "config.json", { HF_TOKEN: "hf_valid" }],
    [null, "model", "org/gated", "main", "config.json", { HF_TOKEN: "hf_accepted" }],
    [null, "model", "org/private", "main", "config.json", { HF_TOKEN: "hf_valid" }],
  ])("ends with %s for a %s %s at %s", async (error, kind, name, revision, file, env) => {
    const given = environment(env as Record<string, string>);
    expect(await inPython(given, "refused", kind, name, revision, file)).toBe(error);
  });

  test("finds what Attune fetched, without a request, and in the same place", async () => {
    const { folder } = await fetchModel(named("model", "org/model"), context());
    const { repository } = await fetchDataset(named("dataset", "org/data"), undefined, context());
    hub.requests.length = 0;
    const found = await inPython<Cached>(environment({ HF_HUB_OFFLINE: "1" }), "cached", "model", "org/model", "main");
    expect(found.commit).toBe(model.resolve("main"));
    expect(folder).toBe(cache("models--org--model/snapshots", found.commit));
    const { "more/model-of-xet.bin": _, ...fetched } = FILES;
    expect(found).toMatchObject({
      texts: fetched,
      absent: ["tokenizer_config.json", "special_tokens_map.json"],
      warnings: [],
    });
    const rows = await inPython<Cached>(environment({ HF_HUB_OFFLINE: "1" }), "cached", "dataset", "org/data", "main");
    expect(rows).toMatchObject({
      commit: repository.commit,
      texts: { "train.csv": "text,label\na,b\n" },
      warnings: [],
    });
    expect(hub.requests).toEqual([]);
    // It downloads the rest only.
    await inPython(environment(), "fetch", "model", "org/model", "main");
    expect(hub.requests.filter(({ host }) => host === "store")).toHaveLength(1);
  });

  test.each([{}, { HF_HUB_DISABLE_SYMLINKS: "1" }])("what it fetched, Attune finds (%j)", async (env) => {
    const given = env as Record<string, string>;
    for (const [kind, name] of [
      ["model", "org/model"],
      ["dataset", "org/data"],
    ] as const)
      await inPython(environment(given), "fetch", kind, name, "main");
    hub.requests.length = 0;
    const offline = context({ ...given, HF_HUB_OFFLINE: "1" });
    const { folder, commit } = await fetchModel(named("model", "org/model"), offline);
    expect(commit).toBe(model.resolve("main"));
    expect(readFileSync(join(folder, "model.safetensors"), "utf8")).toBe(FILES["model.safetensors"]);
    const dataset = await fetchDataset(named("dataset", "org/data"), undefined, offline);
    expect(readFileSync(join(dataset.folder, "train.csv"), "utf8")).toBe("text,label\na,b\n");
    expect(hub.requests).toEqual([]);
    // With the Hub there, it asks for the commit and downloads nothing.
    const { folder: again } = await fetchModel(named("model", "org/model"), context(given));
    expect(again).toBe(folder);
    expect(hub.paths().filter((path) => path.includes("/resolve/"))).toEqual([]);
  });

  test("uploads to the server; each side reads what the other sent", async () => {
    const folder = join(scratch, "folder");
    mkdirSync(join(folder, "onnx"), { recursive: true });
    for (const [path, content] of Object.entries({ ...FILES, "onnx/model.onnx": "program" }))
      if (!path.startsWith("more")) writeFileSync(join(folder, path), content);
    const token = { HF_TOKEN: "hf_valid" };
    await inPython(environment(token), "upload", folder, "tester/theirs");
    const { folder: found } = await fetchModel(named("model", "tester/theirs"), context(token));
    expect(readFileSync(join(found, "model.safetensors"), "utf8")).toBe(FILES["model.safetensors"]);
    const { settings } = context(token);
    const { commit } = await pushFolder({ folder, name: "tester/ours", isPublic: false, title: "ours" }, { settings });
    const read = await inPython<Snapshot>(environment(token), "fetch", "model", "tester/ours", "main");
    const theirs = await inPython<Snapshot>(environment(token), "fetch", "model", "tester/theirs", "main");
    expect(read.commit).toBe(commit);
    const { ".gitattributes": _, ...texts } = theirs.texts;
    expect(read.texts).toEqual(texts);
  });

  test.each<Record<string, string>>([
    {},
    { HF_HOME: "/h" },
    { XDG_CACHE_HOME: "/x" },
    { HF_HOME: "~/hf", HF_HUB_OFFLINE: "1" },
    { HF_HOME: "$BASE/hf", BASE: "/b" },
    { HF_HUB_CACHE: "/c", HF_HOME: "/h", HF_TOKEN: " hf_a " },
    { HUGGINGFACE_HUB_CACHE: "/old", HUGGINGFACE_ASSETS_CACHE: "/a", HUGGING_FACE_HUB_TOKEN: "hf_b" },
    { HF_ASSETS_CACHE: "/assets", HF_ENDPOINT: "http://127.0.0.1:1234/", HF_HUB_DISABLE_SYMLINKS: "true" },
    { HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "yes" },
  ])("has the same places for %j", async (env) => {
    const { token = null, ...ours } = hubSettings(env);
    const theirs = await inPython<object>(env, "places");
    expect({ ...ours, token }).toMatchObject(theirs);
  });
});
