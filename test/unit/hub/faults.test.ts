/** Everything that goes wrong on the way: what is repeated, what goes on where it stopped, and what is said in the end. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { fetchModel } from "../../../src/hub/fetch-model.ts";
import type { HubReference } from "../../../src/hub/repository-name.ts";
import type { HubContext } from "../../../src/hub/requests.ts";
import { blobSha1Of, sha256Of } from "../../hub-server/repositories.ts";
import { loopbackHub } from "./hub.ts";

const { hub, noHub, context, cache } = loopbackHub();
const WEIGHTS = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const CONFIG = '{"model_type": "bert"}';
const HASH = sha256Of(WEIGHTS);
const files = { "config.json": CONFIG, "model.safetensors": WEIGHTS, "tokenizer.json": "{}" };
hub.add({ name: "org/model", files });
hub.add({ name: "org/gated", files, gated: true });
hub.add({ name: "org/private", files, private: true });
hub.add({ name: "org/old", files: { "config.json": CONFIG, "tf_model.h5": "others'" } });

const named = (name = "org/model", revision = "main"): HubReference => ({ kind: "model", name, revision });
const blobs = () => cache("models--org--model", "blobs");
/** Requests for the weights, by the range that was asked for. */
const ranges = () => hub.requests.filter(({ host }) => host === "store").map(({ range }) => range);
const IN_STORE = new RegExp(`^/${HASH}`);

async function fetched(given: HubContext = context()): Promise<Buffer> {
  const { folder } = await fetchModel(named(), given);
  expect(readdirSync(blobs()).filter((name) => /incomplete|lock/.test(name))).toEqual([]);
  return readFileSync(join(folder, "model.safetensors"));
}

async function refused(reference = named(), given: HubContext = context()): Promise<AttuneError> {
  const error = await fetchModel(reference, given).catch((error: unknown) => error);
  if (!(error instanceof AttuneError)) throw error;
  expect(error.message).not.toMatch(/\n/);
  return error;
}

describe("is overcome", () => {
  test("a connection that breaks off: the rest is asked for", async () => {
    hub.fail({ path: IN_STORE, fault: { breaksAfter: 100_000 } });
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
    const [first, second] = ranges();
    expect(first).toBeUndefined();
    expect(second).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test("a process that ended in the middle: the next one goes on, also from what Python left", async () => {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(join(blobs(), `${HASH}.incomplete`), WEIGHTS.subarray(0, 123_456));
    const given = context();
    expect((await fetched(given)).equals(WEIGHTS)).toBe(true);
    expect(ranges()).toEqual(["bytes=123456-"]);
    const first = given.events.find((event) => event.type === "download" && event.file === "model.safetensors");
    expect(first).toMatchObject({ bytes: expect.any(Number), totalBytes: WEIGHTS.length + CONFIG.length + 2 });
    expect((first as { bytes: number }).bytes).toBeGreaterThanOrEqual(123_456);
  });

  test("a server that does not know ranges: the whole comes anew", async () => {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(join(blobs(), `${HASH}.incomplete`), WEIGHTS.subarray(0, 1000));
    hub.fail({ path: IN_STORE, fault: { ignoresRange: true } });
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
  });

  test.each([
    ["wrong", Buffer.alloc(5000, 1)],
    ["too long", Buffer.concat([WEIGHTS, Buffer.alloc(10)])],
  ])("an earlier rest that is %s: the whole comes anew", async (_, rest) => {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(join(blobs(), `${HASH}.incomplete`), rest);
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
  });

  test.each([
    ["silence", { stallsAfter: 200_000 }],
    ["a trickle", { tricklesAfter: 200_000 }],
  ])("%s: the connection is given up and the rest asked for", async (_, fault) => {
    hub.fail({ path: IN_STORE, fault });
    const given = context({ HF_HUB_DOWNLOAD_TIMEOUT: "0.3" });
    expect((await fetched(given)).equals(WEIGHTS)).toBe(true);
    expect(given.events).toContainEqual(expect.objectContaining({ type: "wait", reason: "no answer for 0.3 seconds" }));
  });

  test("a body that is too short, and one whose bytes are wrong", async () => {
    hub.fail({ path: IN_STORE, fault: { lengthBy: -1000 } });
    hub.fail({ path: IN_STORE, fault: { corrupt: true } });
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
  });

  test.each([
    ["the question about the revision", /\/revision\/main/],
    ["the listing", /\/tree\//],
    ["a small file", /resolve-cache.*config\.json/],
    ["a large file", IN_STORE],
  ])("503 and 500 to %s", async (_, path) => {
    hub.fail({ path, fault: { status: 503 } });
    hub.fail({ path, fault: { status: 500 } });
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
  });

  test("429: it waits as long as it is asked to, and says so", async () => {
    hub.fail({ path: /\/tree\//, fault: { status: 429, headers: { "retry-after": "1" } } });
    const given = context();
    const started = performance.now();
    await fetched(given);
    expect(performance.now() - started).toBeGreaterThan(990);
    expect(given.events[0]).toEqual({
      type: "wait",
      repo: "org/model",
      seconds: 1,
      reason: "the Hub asks for a pause",
    });
  });

  test("a listing that breaks off, or is silent", async () => {
    hub.fail({ path: /\/tree\//, fault: { breaksAfter: 10 } });
    hub.fail({ path: /\/tree\//, fault: { stallsAfter: 10 } });
    expect((await fetched(context({ HF_HUB_DOWNLOAD_TIMEOUT: "0.3" }))).equals(WEIGHTS)).toBe(true);
  });

  test("two at once: the file comes once", async () => {
    const [a, b] = await Promise.all([fetched(), fetched()].map((bytes) => bytes.catch((error) => error)));
    expect([a, b].map((bytes) => WEIGHTS.equals(bytes as Buffer))).toEqual([true, true]);
    expect(ranges()).toHaveLength(1);
  });

  test("the lock of a process that is no more", async () => {
    mkdirSync(blobs(), { recursive: true });
    const { hostname } = await import("node:os");
    writeFileSync(join(blobs(), `${HASH}.lock`), JSON.stringify({ pid: 4194305, host: hostname() }));
    expect((await fetched()).equals(WEIGHTS)).toBe(true);
  });
});

describe("is said", () => {
  test("a connection that always breaks off: what came is kept", async () => {
    hub.fail({ path: IN_STORE, fault: { breaksAfter: 500 }, times: 5 });
    const { message, kind } = await refused();
    expect(kind).toBe("failure");
    expect(message).toMatch(
      /^org\/model: model\.safetensors stopped coming 5 times \(.+\); start again, and it goes on from there$/,
    );
    expect(existsSync(join(blobs(), `${HASH}.incomplete`))).toBe(true);
    expect((await fetchModel(named(), context())).has("model.safetensors")).toBe(true);
    expect(ranges().at(-1)).toMatch(/^bytes=/);
  });

  test("files that something changes on the way", async () => {
    hub.fail({ path: IN_STORE, fault: { corrupt: true }, times: 2 });
    expect((await refused()).message).toMatch(
      /model\.safetensors as it comes differs from what the Hub says it is; try again/,
    );
    hub.fail({ path: IN_STORE, fault: { lengthBy: 1000 } });
    expect((await refused()).message).toMatch(/is longer than the Hub says it is/);
    expect(existsSync(join(blobs(), HASH))).toBe(false);
  });

  test("a Hub in trouble, and one that asks for too much patience", async () => {
    hub.fail({ path: /\/revision\//, fault: { status: 502 }, times: 5 });
    expect(await refused()).toMatchObject({
      kind: "failure",
      message: "org/model: the Hub answered 502; try again later",
    });
    hub.fail({ path: /\/revision\//, fault: { status: 429, headers: { "retry-after": "3600" } } });
    expect((await refused()).message).toBe(
      "org/model: the Hub asks for 60 minutes without requests; start again after that, or set HF_TOKEN, which allows more requests",
    );
  });

  test("no network, at once", async () => {
    const started = performance.now();
    const { message, kind } = await refused(named(), context({ HF_ENDPOINT: noHub() }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(kind).toBe("failure");
    expect(message).toMatch(
      /^org\/model: http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\); check the network, or/,
    );
  });

  test("something that is not the Hub", async () => {
    hub.fail({ path: /\/revision\//, fault: { status: 200 } });
    expect((await refused()).message).toMatch(
      /does not answer as the Hub does; check HF_ENDPOINT, or whether the network/,
    );
  });

  test.each<[string, HubReference, Record<string, string>, RegExp]>([
    [
      "a wrong name",
      named("org/modle"),
      {},
      /^org\/modle: there is nothing of this name here, and no such model at http.*or it is private; check the name, or set HF_TOKEN/,
    ],
    ["a wrong name, with a token", named("org/modle"), { HF_TOKEN: "hf_valid" }, /or whether your token may read it$/],
    ["an adapter", named("org/adapter"), {}, /^org\/adapter: this is an adapter; name its base as the model, and give/],
    ["a data set", named("org/rows"), {}, /^org\/rows is a dataset on the Hub, and a model is needed here$/],
    ["a private one", named("org/private"), {}, /or it is private; check the name, or set HF_TOKEN where it is yours$/],
    [
      "a token that is none",
      named(),
      { HF_TOKEN: "hf_expired" },
      /^org\/model: the Hub does not know the token in HF_TOKEN or in its file; make a new one/,
    ],
    [
      "a gated one",
      named("org/gated"),
      {},
      /access to this model is gated; accept its conditions on http.*\/org\/gated, then set HF_TOKEN/,
    ],
    [
      "a gated one, with another's token",
      named("org/gated"),
      { HF_TOKEN: "hf_valid" },
      /then use a token of that account$/,
    ],
    [
      "a wrong revision",
      named("org/model", "v9"),
      {},
      /^org\/model: there is no revision "v9"; http.*\/org\/model\/tree\/main lists/,
    ],
    [
      "weights of another kind",
      named("org/old"),
      {},
      /^org\/old: at main there is no model\.safetensors; it has tf_model\.h5, which Attune does not read; write it anew/,
    ],
    ["not a model", named("org/empty"), {}, /at main there is no config\.json; a model has config\.json/],
  ])("%s", async (_, reference, env, message) => {
    hub.add({ name: "org/adapter", files: { "adapter_config.json": "{}", "adapter_model.safetensors": "" } });
    hub.add({ kind: "dataset", name: "org/rows", files: { "train.csv": "" } });
    hub.add({ name: "org/empty", files: { "README.md": "" } });
    const error = await refused(reference, context(env));
    expect(error.kind).toBe("input");
    expect(error.message).toMatch(message);
  });

  test("a stop, and what came is kept", async () => {
    hub.fail({ path: IN_STORE, fault: { stallsAfter: 100_000 } });
    const stop = new AbortController();
    const given = context();
    setTimeout(() => stop.abort(), 300);
    const { message, kind } = await refused(named(), { ...given, signal: stop.signal });
    expect(kind).toBe("interrupted");
    expect(message).toBe("stopped while org/model was fetched; started again, it goes on from there");
    expect(existsSync(join(blobs(), `${HASH}.incomplete`))).toBe(true);
    expect(existsSync(join(blobs(), `${HASH}.lock`))).toBe(false);
  });

  test("names of files that lead out of the cache: nothing is fetched", async () => {
    for (const path of ["../../evil.json", "/evil.json", "C:\\evil.json", "a/../../evil.json"]) {
      hub.add({ name: "org/evil", files: { "config.json": "{}", [path]: "{}" } });
      expect((await refused(named("org/evil"))).message).toMatch(
        /has a name that leads elsewhere, so nothing of it is fetched/,
      );
      expect(hub.paths().filter((seen) => seen.includes("/resolve/"))).toEqual([]);
    }
  });

  test("a cache that cannot be written", async () => {
    mkdirSync(cache(), { recursive: true });
    writeFileSync(cache("models--org--model"), "a file");
    const error = await fetchModel(named(), context()).catch((error: unknown) => error);
    expect((error as Error).message).toMatch(/ENOTDIR|EEXIST/);
  });
});

test("the hash of a small file is git's", async () => {
  await fetchModel(named(), context());
  expect(readFileSync(join(blobs(), blobSha1Of(Buffer.from(CONFIG))), "utf8")).toBe(CONFIG);
});
