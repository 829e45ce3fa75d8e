/** The contract of a store, held by each kind of it. S3 needs moto in the Python that ATTUNE_PYTHON names; skipped without it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ArtifactStore } from "../../../src/store/artifact-store.ts";
import { describeFile, fetchFiles, objectKey, putObjects } from "../../../src/store/file-tree.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { BUCKET, hasS3, type Server, s3Environment, startS3 } from "../../machines/servers.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();

/** One upload in parts, and a download of more than a pipe holds. */
const BIG = Buffer.alloc(17 * 2 ** 20, "attune ");

let s3: Server | undefined;
beforeAll(async () => {
  if (!hasS3) return;
  s3 = await startS3();
  for (const [name, value] of Object.entries(s3Environment(s3.port))) vi.stubEnv(name, value);
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3?.stop("SIGKILL");
});

describe.each([
  ["a folder", () => scratch.folder({}), true],
  ["S3", () => `s3://${BUCKET}/some/prefix`, hasS3],
])("%s as a store", (_, address, isHere) => {
  let store: ArtifactStore;
  beforeAll(async () => {
    if (isHere) store = await openStore(address());
  });

  test.skipIf(!isHere)("has nothing at first", async () => {
    const file = join(scratch.folder({}), "none");
    expect([await store.get("a/b"), await store.has("a/b"), await store.fetch("a/b", file)]).toEqual([
      undefined,
      false,
      false,
    ]);
    expect(existsSync(file)).toBe(false);
    expect(await store.list("")).toEqual([]);
  });

  test.skipIf(!isHere)("gives back what it was given last, under keys that begin alike", async () => {
    await store.put("texts/one", { text: "first" });
    await store.put("texts/one", { text: "second: é" });
    await store.put("texts/sub/two", { path: scratch.file("two", "of a file") });
    await store.put("texts-not", { text: "beside" });
    expect(await store.get("texts/one")).toBe("second: é");
    expect(await store.list("texts/")).toEqual(["texts/one", "texts/sub/two"]);
    await store.remove(["texts/one", "texts/none"]);
    expect(await store.list("texts/")).toEqual(["texts/sub/two"]);
  });

  test.skipIf(!isHere)("keeps exactly one of several that are put once, and says which", async () => {
    const texts = Array.from({ length: 8 }, (_, i) => `text ${i}`);
    const kept = await Promise.all(texts.map((text) => store.putOnce("once", { text })));
    expect(kept.filter(Boolean)).toHaveLength(1);
    expect(await store.get("once")).toBe(texts[kept.indexOf(true)]);
    expect(await store.putOnce("once", { text: "later" })).toBe(false);
  });

  test.skipIf(!isHere)("keeps a file once, a large one as well", async () => {
    for (const [key, bytes] of [
      ["once-small", Buffer.from("first")],
      ["once-big", BIG],
    ] as const) {
      expect(await store.putOnce(key, { path: scratch.file(key, bytes) })).toBe(true);
      expect(await store.putOnce(key, { path: scratch.file(key, "second") })).toBe(false);
      const back = join(scratch.folder({}), "back");
      await store.fetch(key, back);
      expect(readFileSync(back).equals(bytes)).toBe(true);
    }
  });

  test.skipIf(!isHere)("holds files by their content, which is checked when they come back", async () => {
    const folder = scratch.folder({ "a.bin": BIG, "sub/b.txt": "small", "sub/same.txt": "small" });
    const files = await putObjects(store, folder, ["a.bin", "sub/b.txt", "sub/same.txt"]);
    expect(await store.list("objects/")).toHaveLength(2);
    const back = join(scratch.folder({}), "back");
    await fetchFiles(store, files, back, objectKey);
    expect(readFileSync(join(back, "a.bin")).equals(BIG)).toBe(true);
    expect(files[1]).toEqual(await describeFile(back, "sub/b.txt"));

    await store.put(objectKey(files[1]!), { text: "other" });
    await expect(fetchFiles(store, files, join(back, "2"), objectKey)).rejects.toThrow(/its bytes are others/);
    await store.remove([objectKey(files[1]!)]);
    await expect(fetchFiles(store, files, join(back, "3"), objectKey)).rejects.toThrow(/it is missing/);
  });
});

test.skipIf(!hasS3)("S3 that answers 500 and cuts what it sends is asked again, and goes on where it was", async () => {
  const faults = await faultyProxy(s3!.port);
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${faults.port}`);
  try {
    const store = await openStore(`s3://${BUCKET}/faulty`);
    const file = scratch.file("big", BIG);
    await store.put("big", { path: file });
    const back = join(scratch.folder({}), "back");
    expect(await store.fetch("big", back)).toBe(true);
    expect(readFileSync(back).equals(BIG)).toBe(true);
    expect(await store.putOnce("once", { text: "text" })).toBe(true);
    expect(faults.seen()).toEqual({ refused: expect.any(Number), cut: 2, ranges: 2 });
    expect(faults.seen().refused).toBeGreaterThan(2);
  } finally {
    vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${s3!.port}`);
    faults.close();
  }
});

test.skipIf(!hasS3)("a bucket that is not there is an error of whoever named it", async () => {
  const store = await openStore("s3://attune-none/x");
  expect(await inputError(() => store.get("a"))).toMatch(/^s3:\/\/attune-none\/x: NoSuchBucket: .*; see to the bucket/);
});

test("an address that means no store is refused", async () => {
  expect(await inputError(() => openStore("gs://bucket"))).toBe(
    "gs://bucket: a store is a folder, or s3://bucket/prefix",
  );
  const file = scratch.file("file", "");
  writeFileSync(file, "");
  expect(await inputError(() => openStore(file))).toMatch(/: this is a file; a store is a folder/);
});

const LARGE_BYTES = 4 * 2 ** 20;

/** Passes requests on; refuses every third of them with 500 and cuts the first two answers that are large. */
async function faultyProxy(to: number) {
  let [count, refused, cut, ranges] = [0, 0, 0, 0];
  const server: HttpServer = createServer((asked, answer) => {
    if (++count % 3 === 0) {
      refused++;
      asked.resume();
      asked.once("end", () => answer.writeHead(500).end());
      return;
    }
    const { method, url: path, headers } = asked;
    if (headers.range) ranges++;
    const sent = request({ port: to, host: "127.0.0.1", method, path, headers }, (got) => {
      answer.writeHead(got.statusCode!, got.headers);
      const isLarge = Number(got.headers["content-length"]) > LARGE_BYTES;
      if (!isLarge || cut === 2) {
        got.pipe(answer);
        return;
      }
      cut++;
      let passed = 0;
      got.on("data", (part: Buffer) => {
        // What comes later is not passed on, so that the answer is cut on a fast machine as well.
        if (passed > LARGE_BYTES) return;
        answer.write(part);
        if ((passed += part.length) > LARGE_BYTES) setTimeout(() => answer.destroy(), 100);
      });
    });
    asked.pipe(sent);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  return { port, seen: () => ({ refused, cut, ranges }), close: () => server.close() };
}
