/** Too little room for what is to come, and a disk that becomes full on the way. */
import type { FileHandle } from "node:fs/promises";
import { afterAll, expect, test, vi } from "vitest";
import { loopbackHub } from "./hub.ts";

const disk = vi.hoisted(() => ({ freeBytes: Number.POSITIVE_INFINITY, code: "" }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    statfs: async () => ({ bavail: disk.freeBytes, bsize: 1, blocks: 1 }),
    open: async (path: string, flags: string) => {
      if (disk.code !== "" && disk.code !== "ENOSPC") throw Object.assign(new Error("refused"), { code: disk.code });
      const file: FileHandle = await real.open(path, flags);
      const full = Object.assign(new Error("no space left on device, write"), { code: "ENOSPC" });
      if (disk.code === "ENOSPC") file.appendFile = () => Promise.reject(full);
      return file;
    },
  };
});

// Other test files of this worker may have loaded them with the real disk, and others will.
vi.resetModules();
const { AttuneError } = await import("../../../src/base/error.ts");
const { fetchModel } = await import("../../../src/hub/fetch-model.ts");
afterAll(() => vi.resetModules());

const { hub, context, cache } = loopbackHub();
const files = { "config.json": "{}", "model.safetensors": "x".repeat(3_000_000), "tokenizer.json": "{}" };
hub.add({ name: "org/model", files });

async function failure(): Promise<InstanceType<typeof AttuneError>> {
  const error = await fetchModel({ kind: "model", name: "org/model", revision: "main" }, context()).catch(
    (e: unknown) => e,
  );
  if (error instanceof AttuneError) return error;
  throw error;
}

test("too little room is found before anything comes", async () => {
  disk.freeBytes = 1_500_000;
  const { message, kind } = await failure();
  disk.freeBytes = Number.POSITIVE_INFINITY;
  expect(kind).toBe("failure");
  expect(message).toBe(
    `org/model: its files need 4 MB, and ${cache()} has room for 2 MB; free some, or move the cache with HF_HOME`,
  );
  expect(hub.paths().filter((path) => path.includes("/resolve/"))).toEqual([]);
});

test.each([
  [
    "ENOSPC",
    "failure",
    "there is no space left; free some and start again, what has come is kept, or move it with HF_HOME",
  ],
  ["EROFS", "input", "cannot be written (refused); choose another place with HF_HOME"],
])("%s", async (code, kind, says) => {
  disk.code = code;
  const error = await failure();
  disk.code = "";
  expect(error.kind).toBe(kind);
  expect(error.message).toBe(`${cache()}: ${says}`);
});
