/** Domain adaptation: the encoder goes on guessing masked words in a data set's training texts, and is then fine-tuned on them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EMOTIONS, MINI } from "../src/hub/included.ts";
import { pretrain } from "../src/pretrain/pretrain.ts";
import { COMPARED, printScores, studiesFolder } from "./scores.ts";

export async function benchAdapt(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: "string", default: MINI },
      data: { type: "string", default: EMOTIONS },
      passes: { type: "string", default: "20" },
      rate: { type: "string", default: "1e-4" },
      seeds: { type: "string", default: "3" },
      recipe: { type: "string", default: "demo" },
      epochs: { type: "string" },
      out: { type: "string" },
    },
  });
  const { model, data, passes, rate, recipe, epochs } = values;
  const folder = studiesFolder(values.out, "adapt");
  const out = join(folder, "adapted");
  if (!existsSync(out))
    for await (const event of pretrain({ from: model, data, out, epochs: Number(passes), learningRate: Number(rate) }))
      if (event.type === "heldOut")
        console.error(
          `step ${event.step}: held-out loss ${event.loss.toFixed(4)}, perplexity ${event.perplexity.toFixed(1)}`,
        );
  console.log(`\n${passes} passes over the training texts of ${data} without their labels, learning rate ${rate}`);
  await printScores(
    [
      { name: "as it was", model: () => model },
      { name: "adapted", model: () => join(out, "model") },
    ],
    {
      data,
      methods: COMPARED.filter((method) => method !== "full"),
      seeds: Number(values.seeds),
      options: { recipe: recipe as "demo", ...(epochs !== undefined && { epochs: Number(epochs) }) },
      out: folder,
    },
  );
}
