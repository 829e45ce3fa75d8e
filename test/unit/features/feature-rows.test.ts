import { readdirSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import type { HostTensors } from "../../../src/engine/engine-tensors.ts";
import { featureRowsOf } from "../../../src/features/feature-rows.ts";
import { FROZEN_FEATURES } from "../../../src/models/batch.ts";
import { tinyBert } from "../../tiny-bert.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
afterEach(() => vi.unstubAllEnvs());

test.skipIf(process.platform === "win32")("what goes to a file has no name there, and is read from it", async () => {
  const folder = scratch.folder({});
  vi.stubEnv("TMPDIR", folder);
  const lengths = [3, 2, 4];
  const program = {
    encoder: tinyBert(),
    store: { weights: {}, host: {} },
    // Gives each token its own id, twice.
    compile: async () => ({
      run: async (inputs: object, outputs: object) => {
        const { tokenIds } = inputs as HostTensors;
        const { data } = (outputs as HostTensors)[FROZEN_FEATURES]!;
        for (const [i, id] of (tokenIds!.data as Int32Array).entries()) data[2 * i] = data[2 * i + 1] = id;
      },
      dispose: async () => {},
    }),
  };
  const texts = { count: 3, ids: (i: number) => new Int32Array(lengths[i]!).fill(i + 5) };
  const rows = await featureRowsOf(program, { rows: "token", width: 2 }, texts, { budgetBytes: 0 });
  expect(rows.memoryBytes).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  expect([...rows.gather([2, 1])]).toEqual([...Array(8).fill(7), ...Array(4).fill(6)]);
  rows.close();
});
