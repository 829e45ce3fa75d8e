/** Whatever stands beside what is written, under names that look like ours too, is as it was afterwards. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { push } from "../../../src/classifier/push-run.ts";
import { pretrain } from "../../../src/pretrain/pretrain.ts";
import { train } from "../../../src/run/train.ts";
import { tinyData, tinyModel } from "../../tiny.ts";
import { loopbackHub } from "../hub/hub.ts";

const root = mkdtempSync(join(tmpdir(), "attune-beside-"));
afterAll(() => rmSync(root, { recursive: true }));
const model = tinyModel(join(root, "model"));
const data = tinyData(join(root, "data"), { rows: 6 });
const run = join(root, "run");
const { environment } = loopbackHub();
beforeAll(() => train({ model, data, out: run, head: "pooler", epochs: 1, threads: 1 }));

/** Files of others in `folder`, by names that begin as those of what is made as `name`. */
function others(folder: string, name: string): string[] {
  const names = [
    `${name}.partial`,
    `${name}.0123abcd-1-1-ffff.partial`,
    `${name}.bak`,
    `.${name}`,
    ".attune-push-mine",
  ];
  for (const one of names) {
    mkdirSync(join(folder, one));
    writeFileSync(join(folder, one, "thesis.txt"), one);
  }
  return names;
}

const small = { epochs: 1, threads: 1 };
const sizes = { layers: 1, hidden: 8, heads: 2, positions: 16, vocab: 40 };
test.each<[string, (folder: string) => unknown, string[]]>([
  ["train", (at) => train({ model, data, out: join(at, "x"), ...small }), ["x"]],
  [
    "pretrain",
    (at) => pretrain({ data, out: join(at, "x"), new: true, ...sizes, ...small, heldOut: 0.3, maxLength: 16 }),
    ["x"],
  ],
  ["export", (at) => exportRun(run, { format: "transformers", out: join(at, "x") }), ["x"]],
])("%s", async (_, make, made) => {
  const folder = mkdtempSync(join(root, "at-"));
  const before = others(folder, "x");
  await make(folder);
  expect(readdirSync(folder).sort()).toEqual([...before, ...made].sort());
  for (const name of before) expect(readFileSync(join(folder, name, "thesis.txt"), "utf8")).toBe(name);
});

test("push leaves nothing beside the run, and takes nothing away", async () => {
  for (const [name, value] of Object.entries(environment({ HF_TOKEN: "hf_valid" }))) vi.stubEnv(name, value);
  const before = [...readdirSync(root), ...others(root, "run")].sort();
  await push(run, { repo: "tester/run" });
  vi.unstubAllEnvs();
  expect(readdirSync(root).sort()).toEqual(before);
});
