/** What pre-training is worth: an encoder against the same one with random weights, for the card of the mini encoder. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { EMOTIONS } from "../src/hub/included.ts";
import { atPath } from "../src/hub/named-inputs.ts";
import { readModelConfig } from "../src/pretrained/open-model.ts";
import { writeDrawnModel } from "./models.ts";
import { includedInputs, inStudies } from "./options.ts";
import { COMPARED, printScores } from "./scores.ts";
import { studiesFolder } from "./studies.ts";

export async function benchMini(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...inStudies,
      model: includedInputs.model,
      data: { type: "string", multiple: true, default: [EMOTIONS] },
      limit: { type: "string" },
    },
  });
  const folder = studiesFolder(values.out, "mini");
  const { path } = atPath(values.model);
  const config = { ...(await readModelConfig(join(path, "config.json"))), dtype: "float32" };
  const random = (seed: number) => {
    const drawn = join(folder, `random-${seed}`);
    return existsSync(drawn) ? drawn : writeDrawnModel(drawn, path, config, seed);
  };
  for (const data of values.data) {
    const options = {
      recipe: values.recipe as "demo",
      ...(values.epochs !== undefined && { epochs: Number(values.epochs) }),
      ...(values.limit !== undefined && { limit: `first:${values.limit}` }),
    };
    await printScores(
      [
        { name: "random weights", model: random },
        { name: "pretrained", model: () => values.model },
      ],
      {
        data,
        methods: COMPARED,
        seeds: Number(values.seeds),
        options,
        out: join(folder, basename(data).replace(":", "-")),
      },
    );
  }
}
