/** Domain adaptation: the encoder goes on guessing masked words in a data set's training texts, and is then fine-tuned on them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pretrain } from "../src/pretrain/pretrain.ts";
import { includedInputs, inStudies } from "./options.ts";
import { COMPARED, printScores } from "./scores.ts";
import { studiesFolder } from "./studies.ts";

export async function benchAdapt(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...includedInputs,
      ...inStudies,
      passes: { type: "string", default: "20" },
      rate: { type: "string", default: "1e-4" },
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
