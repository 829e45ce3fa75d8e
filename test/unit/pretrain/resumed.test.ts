/** Short pre-trainings: one that was killed while its folder was filled goes on to the same bytes; each step is measured once. */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pretrain, resumePretraining } from "../../../src/pretrain/pretrain.ts";
import { tinyData } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const options = {
  ...{ data: tinyData(join(root, "data"), { rows: 12 }), new: true, layers: 1, hidden: 8, heads: 2, positions: 16 },
  ...{ vocab: 40, heldOut: 0.2, epochs: 1, batchSize: 4, evaluations: 1, maxLength: 16, threads: 1 },
};
const modelOf = (run: string) =>
  ["model.safetensors", "tokenizer.json", "tokenizer_config.json"].map((name) =>
    readFileSync(join(root, run, "model", name), "base64"),
  );

beforeAll(async () => {
  await pretrain({ ...options, out: join(root, "whole") });
  const stop = new AbortController();
  stop.abort();
  await expect(pretrain({ ...options, out: join(root, "begun") }, { signal: stop.signal })).rejects.toThrow("stopped");
  // Before the first checkpoint, or after somebody needed the place on the disk.
  rmSync(join(root, "begun", "checkpoints"), { recursive: true });
});

test.each<[string, (tokenizer: string) => void]>([
  ["all of it", () => {}],
  ["no folder", (at) => rmSync(at, { recursive: true })],
  ["half of its first file", (at) => truncateSync(join(at, "tokenizer.json"), 100)],
  ["an empty file", (at) => writeFileSync(join(at, "tokenizer_config.json"), "")],
  ["one file of two", (at) => rmSync(join(at, "tokenizer_config.json"))],
])("%s", async (what, damage) => {
  const name = what.replaceAll(" ", "-");
  cpSync(join(root, "begun"), join(root, name), { recursive: true });
  damage(join(root, name, "tokenizer"));
  await resumePretraining(join(root, name));
  expect(modelOf(name)).toEqual(modelOf("whole"));
});

test("a run of few steps is measured after each of them, and no step twice", async () => {
  const { result } = await pretrain({ ...options, evaluations: 10, out: join(root, "measured") });
  const steps = result.heldOut.map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: result.steps + 1 }, (_, step) => step));
  expect(result.steps).toBeLessThan(10);
});
