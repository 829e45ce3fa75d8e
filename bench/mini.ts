/** What pre-training is worth: an encoder against the same one with random weights, for the card of the mini encoder. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { readModelConfig } from "../src/models/load.ts";
import { EMOTIONS, MINI } from "../src/run/included.ts";
import { atPath } from "../src/run/sources.ts";
import { writeDrawnModel } from "./models.ts";
import { COMPARED, printScores } from "./scores.ts";

export async function benchMini(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: MINI },
      data: { type: "string", multiple: true, default: [EMOTIONS] },
      seeds: { type: "string", default: "3" },
      recipe: { type: "string", default: "demo" },
      epochs: { type: "string" },
      limit: { type: "string" },
      out: { type: "string" },
    },
  });
  const folder = values.out ?? mkdtempSync(join(tmpdir(), "attune-mini-"));
  console.error(`studies in ${folder}; go on with --out ${folder}`);
  const { path } = atPath(values.model);
  const config = { ...(await readModelConfig(join(path, "config.json"))), dtype: "float32" };
  const random = (seed: number) => join(folder, `random-${seed}`);
  const seeds = Number(values.seeds);
  for (let seed = 42; seed < 42 + seeds; seed++)
    if (!existsSync(random(seed))) writeDrawnModel(random(seed), path, config, seed);
  for (const data of values.data) {
    const options = {
      recipe: values.recipe as "demo",
      ...(values.epochs !== undefined && { epochs: Number(values.epochs) }),
      ...(values.limit !== undefined && { limit: Number(values.limit) }),
    };
    await printScores(
      [
        { name: "random weights", model: random },
        { name: "pretrained", model: () => values.model },
      ],
      { data, methods: COMPARED, seeds, options, out: join(folder, basename(data).replace(":", "-")) },
    );
  }
}
