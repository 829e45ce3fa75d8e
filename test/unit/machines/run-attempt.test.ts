/** Attempts at a run in a store: what goes up, what another one finds, and which of several counts. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { claimRun } from "../../../src/machines/claim.ts";
import { fetchPublished, isPublished, RunAttempt } from "../../../src/machines/run-attempt.ts";
import { FolderStore } from "../../../src/store/folder-store.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const PREFIX = "studies/0/runs/one/";
let store: FolderStore;
beforeEach(() => {
  store = new FolderStore(scratch.folder({}));
});

/** The folder of a run that has come to a step; nothing is trained. */
function runAt(step: number): string {
  const name = `step-${String(step).padStart(8, "0")}-0`;
  return scratch.folder({
    "run.json": "{}",
    "lock.json": "of this machine",
    "events.jsonl": `${"line\n".repeat(step)}`,
    "checkpoints/step-00000001-0/state.json": "old",
    [`checkpoints/${name}/state.json`]: `state ${step}`,
    [`checkpoints/${name}/weights.safetensors`]: `weights ${step}`,
    "checkpoints/best.safetensors": "best",
    "checkpoints/step-00000009-0.5bce98f7-1-2-3.partial/state.json": "half",
    "predictions/validation.jsonl": "of the best epoch",
  });
}

test("another attempt goes on from the newest checkpoint, with all that it needs and nothing else", async () => {
  await new RunAttempt(store, PREFIX, runAt(4)).keep();
  const folder = join(scratch.folder({}), "run");
  expect(await new RunAttempt(store, PREFIX, folder).restore()).toBe(true);
  expect(readFileSync(join(folder, "checkpoints/step-00000004-0/weights.safetensors"), "utf8")).toBe("weights 4");
  expect(readFileSync(join(folder, "events.jsonl"), "utf8")).toBe("line\n".repeat(4));
  expect(readFileSync(join(folder, "checkpoints/best.safetensors"), "utf8")).toBe("best");
  expect(["lock.json", "checkpoints/step-00000001-0"].filter((path) => existsSync(join(folder, path)))).toEqual([]);
});

test("a run that has no predictions yet has a place for them when it goes on", async () => {
  const early = runAt(4);
  rmSync(join(early, "predictions/validation.jsonl"));
  await new RunAttempt(store, PREFIX, early).keep();
  const folder = join(scratch.folder({}), "run");
  await new RunAttempt(store, PREFIX, folder).restore();
  expect(existsSync(join(folder, "predictions"))).toBe(true);
});

test("a checkpoint in the store is replaced whole, and what did not change is not sent again", async () => {
  const folder = runAt(4);
  const attempt = new RunAttempt(store, PREFIX, folder);
  await attempt.keep();
  const before = await store.list(`${PREFIX}checkpoints/`);
  const next = join(folder, "checkpoints/step-00000005-0");
  mkdirSync(next);
  writeFileSync(join(next, "state.json"), "state 5");
  await attempt.keep();
  const after = await store.list(`${PREFIX}checkpoints/`);
  // run.json, the best weights and the predictions are the same; state and weights of step 4 are gone.
  expect(after.filter((key) => before.includes(key))).toHaveLength(4);
  expect(after).toHaveLength(5);
});

test("a run that has come to its end leaves the checkpoint before, from which another attempt can go on", async () => {
  const folder = runAt(4);
  const attempt = new RunAttempt(store, PREFIX, folder);
  await attempt.keep();
  const before = await store.get(`${PREFIX}checkpoint.json`);
  // It is asked for behind the last step, and sent when all is done; and then it cannot be published.
  writeFileSync(join(folder, "run.json"), JSON.stringify({ status: "done" }));
  await attempt.keep();
  expect(await store.get(`${PREFIX}checkpoint.json`)).toBe(before);
});

test("a checkpoint of which something is missing counts as none", async () => {
  await new RunAttempt(store, PREFIX, runAt(4)).keep();
  const [some] = await store.list(`${PREFIX}checkpoints/`);
  await store.remove([some!]);
  const folder = join(scratch.folder({}), "run");
  expect(await new RunAttempt(store, PREFIX, folder).restore()).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test("of two that finish, the first counts and the second leaves nothing", async () => {
  const [first, second] = ["first", "second"].map((text) => {
    const folder = runAt(4);
    writeFileSync(join(folder, "result.json"), text);
    return new RunAttempt(store, PREFIX, folder);
  });
  await second!.keep();
  expect(await first!.publish()).toBe(true);
  const published = await store.list(PREFIX);
  expect(await second!.publish()).toBe(false);
  expect(await store.list(PREFIX)).toEqual(published);
  expect(published.some((key) => key.includes("checkpoint"))).toBe(false);

  const out = join(scratch.folder({ "out/old": "" }), "out");
  expect(await fetchPublished(store, PREFIX, out)).toBe(true);
  expect(readFileSync(join(out, "result.json"), "utf8")).toBe("first");
  expect(existsSync(join(out, "old"))).toBe(false);
});

test("what came back with other bytes is refused, and the folder stays as it was", async () => {
  const folder = runAt(4);
  await new RunAttempt(store, PREFIX, folder).publish();
  const key = (await store.list(PREFIX)).find((one) => one.endsWith("run.json"))!;
  await store.put(key, { text: "[]" });
  const out = join(scratch.folder({ "out/old": "" }), "out");
  await expect(fetchPublished(store, PREFIX, out)).rejects.toThrow(/its bytes are others/);
  expect(existsSync(join(out, "old"))).toBe(true);
});

test("a claim is held while its holder lives, and taken over when it does not", async () => {
  const lease = 0.3;
  const { signal } = new AbortController();
  const held = (await claimRun(store, PREFIX, "first", lease, signal))!;
  const waiting = claimRun(store, PREFIX, "second", lease, signal);
  const early = await Promise.race([waiting, new Promise((late) => setTimeout(late, 3000 * lease, "still waiting"))]);
  expect(early).toBe("still waiting");
  await held.release();
  const second = (await waiting)!;

  // Whoever is gone without a word: its number stands still.
  await second.release();
  await store.put(`${PREFIX}claim.json`, { text: "of a dead machine" });
  const third = (await claimRun(store, PREFIX, "third", lease, signal))!;
  await store.put(`${PREFIX}claim.json`, { text: "of another" });
  await expect.poll(() => third.lost.aborted).toBe(true);
  await third.release();
  expect(await store.get(`${PREFIX}claim.json`)).toBe("of another");
});

test("whoever waits for a claim is done when the run is published", async () => {
  const { signal } = new AbortController();
  const held = (await claimRun(store, PREFIX, "first", 0.3, signal))!;
  const waiting = claimRun(store, PREFIX, "second", 0.3, signal);
  await new RunAttempt(store, PREFIX, runAt(4)).publish();
  expect(await waiting).toBeUndefined();
  expect(await isPublished(store, PREFIX)).toBe(true);
  await held.release();
});
