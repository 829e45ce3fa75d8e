/** A data set from the Hub: which files of which configuration come, and that the folder reads like any other. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fetchDataset } from "../../../src/hub/fetch-dataset.ts";
import type { HubReference } from "../../../src/hub/repository-name.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { filesFrom } from "../../hub-server/folder.ts";
import { fixtures, inputError } from "../tables/scratch.ts";
import { loopbackHub } from "./hub.ts";

const { hub, noHub, context, cache } = loopbackHub();
const emotion = fileURLToPath(new URL("../../../../shared/data/dair-ai/emotion", import.meta.url));
const named = (name: string, revision = "main"): HubReference => ({ kind: "dataset", name, revision });

/** The fixture that Python's datasets wrote: train in two shards, label names in the metadata. */
const shard = (name: string) => readFileSync(join(fixtures, "parquet/hub/data", name));
const [TRAIN_0, TRAIN_1] = [shard("train-00000-of-00002.parquet"), shard("train-00001-of-00002.parquet")];
const [VALIDATION, TEST] = [shard("validation-00000-of-00001.parquet"), shard("test-00000-of-00001.parquet")];
const csv = (...rows: readonly string[]) => `text,label\n${rows.join("\n")}\n`;
const texts = (split: string, count = 3) =>
  csv(...Array.from({ length: count }, (_, i) => `${split} ${i},${i % 2 === 0 ? "yes" : "no"}`));

const CARD = `---
configs:
- config_name: split
  default: true
  data_files:
  - split: train
    path: split/train-*
  - split: validation
    path: split/validation-*
  - split: test
    path: split/test-*
- config_name: unsplit
  data_files:
  - split: train
    path: unsplit/train-*
---
`;
hub.add({
  kind: "dataset",
  name: "org/emotion",
  files: {
    "README.md": CARD,
    "split/train-00000-of-00002.parquet": TRAIN_0,
    "split/train-00001-of-00002.parquet": TRAIN_1,
    "split/validation-00000-of-00001.parquet": VALIDATION,
    "split/test-00000-of-00001.parquet": TEST,
    "unsplit/train-00000-of-00001.parquet": TRAIN_0,
    "dataset_infos.json": "{}",
  },
});

async function read(name: string, configName?: string, env: Readonly<Record<string, string>> = {}, revision = "main") {
  const found = await fetchDataset(named(name, revision), configName, context(env));
  const dataset = await loadDataset({ path: found.folder, seed: 1 });
  const { train, validation, test } = dataset.splits;
  return { ...found, dataset, sizes: [train.length, validation.length, test.length] };
}

test("the default configuration comes, and nothing of the others", async () => {
  const { sizes, dataset, configName, repository } = await read("org/emotion");
  expect(sizes).toEqual([12, 3, 3]);
  expect(dataset.labels).toEqual(["weather", "sports", "cooking"]);
  expect(configName).toBe("split");
  expect(repository.folder).toContain("datasets--org--emotion");
  expect(readdirSync(repository.folder).sort()).toEqual(["README.md", "split"]);
});

test("another configuration, and the nearest name of one that is not there", async () => {
  const { repository, configName } = await fetchDataset(named("org/emotion"), "unsplit", context());
  expect(configName).toBe("unsplit");
  expect(readdirSync(repository.folder).sort()).toEqual(["README.md", "unsplit"]);
  expect(await inputError(() => read("org/emotion", "unsplti"))).toBe(
    'org/emotion: there is no configuration "unsplti"; did you mean "unsplit"?',
  );
});

test("from the cache, offline and where the Hub is away, by revision and by commit", async () => {
  const first = await read("org/emotion");
  hub.requests.length = 0;
  const offline = await read("org/emotion", undefined, { HF_HUB_OFFLINE: "1" });
  expect(offline.dataset.sha256).toBe(first.dataset.sha256);
  const { commit } = first.repository;
  for (const env of [{ HF_HUB_OFFLINE: "1" }, { HF_ENDPOINT: noHub() }])
    for (const revision of ["main", commit])
      expect((await read("org/emotion", "split", env as Record<string, string>, revision)).folder).toBe(first.folder);
  expect(hub.requests).toEqual([]);
  const message = await inputError(() => read("org/emotion", "unsplit", { HF_HUB_OFFLINE: "1" }));
  expect(message).toMatch(/HF_HUB_OFFLINE is set, and .* does not have all of this dataset at main/);
});

test("files by their names, where no card says more", async () => {
  const files = {
    "train.csv": texts("a", 6),
    "data/validation.jsonl": '{"text": "b", "label": "yes"}\n',
    "test.tsv": "text\tlabel\nc\tno\n",
  };
  hub.add({ kind: "dataset", name: "org/plain", files: { ...files, "notes.txt": "", "train.zip": "" } });
  const { sizes, configName } = await read("org/plain");
  expect(sizes).toEqual([6, 1, 1]);
  expect(configName).toBeUndefined();
});

test("label names from the card, where the files have numbers", async () => {
  const info = (config: string, names: string) =>
    `- config_name: ${config}\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': ${names}\n          '1': other\n`;
  const card = `---\ndataset_info:\n${info("a", "cat")}${info("b", "dog")}configs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  data_files: b.csv\n---\n`;
  const rows = csv(...Array.from({ length: 40 }, (_, i) => `text ${i},${i % 2}`));
  hub.add({ kind: "dataset", name: "org/cards", files: { "README.md": card, "a.csv": rows, "b.csv": rows } });
  expect((await read("org/cards", "b")).dataset.labels).toEqual(["dog", "other"]);
  expect(await inputError(() => read("org/cards"))).toBe(
    "org/cards: README.md describes several configurations (a, b) and no default; choose one with --config-name",
  );
});

test("what the Hub has converted, where the data set has no tables, by revision, by commit and offline", async () => {
  const scripted = hub.add({
    kind: "dataset",
    name: "org/scripted",
    files: { "README.md": "# old", "scripted.py": "" },
  });
  const converted = {
    "plain/train/0000.parquet": TRAIN_0,
    "plain/train/0001.parquet": TRAIN_1,
    "plain/validation/0000.parquet": VALIDATION,
    "plain/partial-test/0000.parquet": TEST,
    "other/train/0000.parquet": TRAIN_1,
  };
  const commit = scripted.commit(converted, "refs/convert/parquet");
  const { sizes, repository, notes } = await read("org/scripted", "plain");
  expect(sizes).toEqual([12, 3, 3]);
  expect(repository.commit).toBe(commit);
  expect(notes.join()).toMatch(/only the first part/);
  expect(readFileSync(cache("datasets--org--scripted/refs/refs/convert/parquet"), "utf8")).toBe(commit);
  expect(existsSync(join(repository.folder, "other"))).toBe(false);
  for (const revision of ["main", commit])
    expect((await read("org/scripted", "plain", { HF_HUB_OFFLINE: "1" }, revision)).sizes).toEqual([12, 3, 3]);
  expect(await inputError(() => read("org/scripted"))).toMatch(
    /several configurations \(plain, other\) and no default/,
  );
});

test("neither tables nor a conversion", async () => {
  hub.add({ kind: "dataset", name: "org/pictures", files: { "a.png": "", "README.md": "" } });
  expect(await inputError(() => read("org/pictures"))).toMatch(
    /^org\/pictures: at main there are no tables that Attune reads, and the Hub has not converted this data set/,
  );
});

test.skipIf(!existsSync(emotion))("dair-ai/emotion by its name (needs ../shared; skipped without)", async () => {
  hub.add({ kind: "dataset", name: "dair-ai/emotion", files: filesFrom(emotion) });
  const { sizes, dataset } = await read("dair-ai/emotion", "split");
  // Of texts that stand in two splits, one stays.
  expect(sizes).toEqual([15984, 1997, 2000]);
  expect(dataset.labels).toEqual(["sadness", "joy", "love", "anger", "fear", "surprise"]);
  expect(dataset.sha256).toBe((await loadDataset({ path: emotion, seed: 1 })).sha256);
  const offline = await read("dair-ai/emotion", undefined, { HF_HUB_OFFLINE: "1" });
  expect(offline.dataset.sha256).toBe(dataset.sha256);
});

test("a folder that lost a file is made anew", async () => {
  const { folder } = await read("org/emotion");
  const { rmSync } = await import("node:fs");
  rmSync(join(folder, "split/test-00000-of-00001.parquet"));
  expect((await read("org/emotion")).sizes).toEqual([12, 3, 3]);
});

test("without symbolic links", async () => {
  expect((await read("org/emotion", undefined, { HF_HUB_DISABLE_SYMLINKS: "1" })).sizes).toEqual([12, 3, 3]);
});
