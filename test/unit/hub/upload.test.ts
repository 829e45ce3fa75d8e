/** A folder to the Hub: what is sent, what is repeated, and who may read it. */
import { expect, test } from "vitest";
import type { PushEvent } from "../../../src/hub/fetch-events.ts";
import { pushFolder } from "../../../src/hub/upload.ts";
import { sha256Of } from "../../hub-server/repositories.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";
import { loopbackHub } from "./hub.ts";

const { hub, noHub, context } = loopbackHub();
const WEIGHTS = Buffer.alloc(100_000, "weights");
const files = { "README.md": "# card", "onnx/model.onnx": "program", "model.safetensors": WEIGHTS };
const folder = scratchFolder().folder(files);
const IN_STORE = new RegExp(`^/${sha256Of(WEIGHTS)}`);

async function push(name: string, isPublic = false, env: Readonly<Record<string, string>> = {}) {
  const { settings } = context({ HF_TOKEN: "hf_valid", ...env });
  const events: PushEvent[] = [];
  const pushed = await pushFolder(
    { folder, name, isPublic, title: "Upload" },
    { settings, onEvent: (e) => events.push(e) },
  );
  const repository = hub.find("model", name)!;
  return { ...pushed, events, repository, sent: repository.filesOf(pushed.commit) };
}

test("all files in one commit, and the token to nobody but the Hub", async () => {
  const { sent, url, isPrivate, repository, events } = await push("tester/first");
  expect(url).toBe(`${hub.url}/tester/first`);
  expect([isPrivate, repository.isPrivate]).toEqual([true, true]);
  expect(Object.fromEntries([...sent].map(([path, { bytes }]) => [path, bytes.toString()]))).toEqual({
    ...files,
    "model.safetensors": WEIGHTS.toString(),
  });
  const tokens = (host: string) => new Set(hub.requests.filter((seen) => seen.host === host).map(({ token }) => token));
  expect(tokens("hub")).toEqual(new Set(["hf_valid"]));
  expect(tokens("store")).toEqual(new Set([undefined]));
  const uploads = events.filter((event) => event.type === "upload").map(({ bytes, totalBytes }) => [bytes, totalBytes]);
  expect(uploads.at(-1)).toEqual([100_013, 100_013]);
});

test("a repository that is there keeps who may read it, and whoever asks for another is told so", async () => {
  hub.add({ name: "tester/hidden", files: {}, private: true });
  expect(await inputError(() => push("tester/hidden", true))).toMatch(/it is private, which --public does not change/);
  expect((await push("tester/hidden")).isPrivate).toBe(true);
  hub.add({ name: "tester/open", files: {} });
  expect(await inputError(() => push("tester/open"))).toMatch(/everybody can read it; say --public/);
  expect((await push("tester/open", true)).isPrivate).toBe(false);
});

test("what fails is sent again", async () => {
  for (const path of [IN_STORE, /\/commit\/main/, /\/preupload\//, /repos\/create/])
    hub.fail({ path, fault: { status: 503 } });
  const again = { ...context({ HF_TOKEN: "hf_valid" }) };
  hub.store.clear();
  const { commit } = await pushFolder(
    { folder, name: "tester/again", isPublic: false, title: "Upload" },
    { settings: again.settings },
  );
  expect(hub.find("model", "tester/again")!.filesOf(commit).size).toBe(3);
});

test("what goes on failing is said", async () => {
  hub.store.clear();
  hub.fail({ path: IN_STORE, fault: { status: 400 } });
  expect(await inputError(() => push("tester/refused"))).toBe(
    "tester/refused: the Hub answered 400; check the name, and what your token may do",
  );
  await expect(() => push("tester/away", false, { HF_ENDPOINT: noHub() })).rejects.toThrow(
    /cannot be reached \(ECONNREFUSED\)/,
  );
});
