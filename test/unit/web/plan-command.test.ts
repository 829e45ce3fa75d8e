/** A plan of the page as a command: what one types means the same. */
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { planCommand } from "../../../src/web/plan-command.ts";
import { Reachable } from "../../../src/web/reachable.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const folder = scratchFolder().folder({ "reviews.csv": "text,label\na,b\n", "weights.json": "{}" });
const reachable = new Reachable(folder);
const commandOf = (plan: object, out = "studies/new") =>
  planCommand({ model: "attune:mini", data: "reviews.csv", ...plan }, out, reachable);

describe("a plan", () => {
  test("of values and lists is flags", () => {
    const { command, runs, titles, planFile } = commandOf({
      methods: ["full", "lora"],
      ranks: [2, 4],
      seeds: [7],
      recipe: "tuned",
      delimiter: "-",
      text: "a b",
    });
    expect(command).toBe(
      "attune compare --model attune:mini --data reviews.csv --methods full,lora --ranks 2,4 --seeds 7, --recipe tuned --delimiter=- --text 'a b' --out studies/new --no-estimate",
    );
    expect([runs, titles, planFile]).toEqual([3, ["Full fine-tuning", "LoRA, rank 2", "LoRA, rank 4"], undefined]);
    // A parser that knows these flags reads the delimiter as its value.
    const parser = new Command().option("--delimiter <text>").allowUnknownOption().allowExcessArguments();
    expect(parser.parse(["--delimiter=-"], { from: "user" }).opts()).toEqual({ delimiter: "-" });
  });

  test("with options of one method, or single runs, is a file", () => {
    const { command, planFile } = commandOf({ methods: ["lora"], options: { lora: { alpha: 4 } } });
    expect(command).toBe("attune compare --plan studies/new.yaml --out studies/new --no-estimate");
    expect(planFile).toMatchObject({ path: "studies/new.yaml", text: expect.stringContaining("alpha: 4") });
  });

  test("reaches no file from elsewhere, wherever in it that stands", async () => {
    const outside = join(folder, "..", "x.json");
    for (const plan of [
      { methods: ["full"], classWeights: outside },
      { runs: [{ method: "full", classWeights: outside }] },
      { methods: ["full"], options: { full: { classWeights: ["balanced", "../x.json"] } } },
    ])
      expect(await inputError(() => commandOf(plan))).toContain("outside the folder");
    expect(commandOf({ methods: ["full"], classWeights: "weights.json" }).runs).toBe(1);
  });

  test("goes into a folder whose name no command takes for something else", async () => {
    for (const out of ["-x", ".hidden", "a//b", "a/", "reviews.csv"])
      expect(await inputError(() => commandOf({ methods: ["full"] }, out))).toBeTruthy();
    expect(commandOf({ methods: ["full"] }, "studies/größe 2").command).toContain("--out 'studies/größe 2'");
  });
});
