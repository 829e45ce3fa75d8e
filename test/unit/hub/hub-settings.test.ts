/** The environment variables of huggingface_hub, and that the same places come out. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { hubSettings } from "../../../src/hub/hub-settings.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const home = join(homedir(), ".cache/huggingface");

test.each<[Record<string, string>, object]>([
  [
    {},
    {
      cache: join(home, "hub"),
      assets: join(home, "assets"),
      endpoint: "https://huggingface.co",
      offline: false,
      links: true,
      timeoutSeconds: 10,
    },
  ],
  [{ XDG_CACHE_HOME: "/x" }, { cache: resolve("/x/huggingface/hub") }],
  [
    { XDG_CACHE_HOME: "/x", HF_HOME: "/h" },
    { cache: resolve("/h/hub"), assets: resolve("/h/assets") },
  ],
  [{ HF_HOME: "~/hf" }, { cache: join(homedir(), "hf/hub") }],
  [{ HF_HOME: "$BASE/hf", BASE: "/b" }, { cache: resolve("/b/hf/hub") }],
  [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }, { cache: resolve("/old") }],
  [
    { HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/c" },
    { cache: resolve("/c"), assets: resolve("/h/assets") },
  ],
  [{ HF_ENDPOINT: "http://127.0.0.1:8080/" }, { endpoint: "http://127.0.0.1:8080" }],
  [{ HF_HUB_OFFLINE: "1" }, { offline: true }],
  [{ HF_HUB_OFFLINE: "true" }, { offline: true }],
  [{ HF_HUB_OFFLINE: "0" }, { offline: false }],
  [{ HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "YES" }, { offline: true }],
  [{ HF_HUB_DISABLE_SYMLINKS: "on" }, { links: false }],
  [{ HF_HUB_DOWNLOAD_TIMEOUT: "30" }, { timeoutSeconds: 30 }],
  [{ HF_TOKEN: " hf_a\n" }, { token: "hf_a" }],
  [{ HUGGING_FACE_HUB_TOKEN: "hf_b" }, { token: "hf_b" }],
])("%j", (env, expected) => {
  expect(hubSettings(env)).toMatchObject(expected);
});

test("the token of a login counts, unless it is switched off", () => {
  const path = folder({ token: "hf_file\n" });
  expect(hubSettings({ HF_HOME: path }).token).toBe("hf_file");
  expect(hubSettings({ HF_TOKEN_PATH: join(path, "token") }).token).toBe("hf_file");
  expect(hubSettings({ HF_HOME: path, HF_TOKEN: "hf_given" }).token).toBe("hf_given");
  expect(hubSettings({ HF_HOME: path, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }).token).toBeUndefined();
  expect(hubSettings({ HF_HOME: folder({}) }).token).toBeUndefined();
});

test("values that cannot be", async () => {
  expect(await inputError(() => hubSettings({ HF_ENDPOINT: "huggingface.co" }))).toMatch(
    /^HF_ENDPOINT cannot be "huggingface.co"/,
  );
  expect(await inputError(() => hubSettings({ HF_HUB_DOWNLOAD_TIMEOUT: "soon" }))).toMatch(
    /^HF_HUB_DOWNLOAD_TIMEOUT cannot be "soon"/,
  );
});
