/** A Hub that answers with names and hashes which lead out of the cache, and configurations that do. */
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { viewFolder } from "../../../src/hub/dataset-view.ts";
import { fetchModel } from "../../../src/hub/fetch-model.ts";
import { hubSettings } from "../../../src/hub/hub-settings.ts";
import type { Repository } from "../../../src/hub/repository.ts";
import { openWeights } from "../../../src/weights/weight-files.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const COMMIT = "a".repeat(40);
let entry: object = {};
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  const isTree = request.url!.includes("/tree/");
  response.end(JSON.stringify(isTree ? [entry] : { _id: "1", id: "org/model", sha: COMMIT, private: false }));
});
beforeAll(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
afterAll(() => server.close());
const settings = () =>
  hubSettings({
    HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    HF_HOME: join(root, "home"),
    HF_HUB_DISABLE_IMPLICIT_TOKEN: "1",
  });
const fetchIt = (revision = "main") =>
  fetchModel({ kind: "model", name: "org/model", revision }, { settings: settings() });

test.each([
  ["../../../../secret", undefined],
  ["..", undefined],
  ["A".repeat(40), undefined],
  ["a".repeat(41), undefined],
  ["a".repeat(39), undefined],
  ["b".repeat(40), { oid: "../../../../secret", size: 5, pointerSize: 130 }],
])("a hash %j is none (LFS %j)", async (oid, lfs) => {
  writeFileSync(join(root, "secret"), "12345");
  entry = { type: "file", path: "config.json", size: 5, oid, ...(lfs && { lfs }) };
  const error = (await fetchIt().catch((caught: Error) => caught)) as Error;
  expect(error.message).toContain("does not answer as the Hub does");
  expect(existsSync(join(root, "home/hub/models--org--model/blobs"))).toBe(false);
});

test.each(["../config.json", "a/../../config.json", "/etc/passwd", "..\\config.json"])(
  "a file named %j",
  async (path) => {
    entry = { type: "file", path, size: 5, oid: "b".repeat(40) };
    const error = (await fetchIt().catch((caught: Error) => caught)) as Error;
    expect(error.message).toContain("leads elsewhere");
  },
);

test.each(["../../x", "refs/../../x"])("a revision %j", async (revision) => {
  const error = (await fetchIt(revision).catch((caught: Error) => caught)) as Error;
  expect(error.message).toContain("leads elsewhere");
});

test.each(["..", ".", "...", "../x", "a/b"])("a configuration named %j stays among the assets", (name) => {
  const repository = { reference: { kind: "dataset", name: "org/data" }, commit: COMMIT } as unknown as Repository;
  const whole = { ...settings(), assets: join(root, "assets") };
  const parent = join(root, "assets/attune/datasets--org--data", COMMIT);
  const folder = viewFolder(repository, name, whole);
  expect(folder.startsWith(`${parent}/`)).toBe(true);
  expect(folder).not.toBe(`${parent}/.`);
});

test.each(["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "..", ""])("a shard named %j", async (shard) => {
  const folder = scratchFolder().folder({
    "model.safetensors.index.json": JSON.stringify({ weight_map: { x: shard } }),
  });
  expect(await inputError(async () => openWeights(folder))).toMatch(
    /"weight_map\.x" cannot be used: it must be the name of a file beside the index/,
  );
});

test("a password in HF_ENDPOINT is not repeated", () => {
  for (const endpoint of ["https://user:hunter2@hub.example", "hunter2:x@", "ftp://a:hunter2@b"]) {
    let said = "";
    try {
      hubSettings({ HF_ENDPOINT: endpoint });
    } catch (error) {
      said = (error as Error).message;
    }
    if (endpoint.includes("//")) expect(said).not.toContain("hunter2");
    expect(said).toContain("HF_ENDPOINT cannot");
  }
});
