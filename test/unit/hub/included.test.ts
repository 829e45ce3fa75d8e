/** What comes with the package: found from wherever, and told in a way that holds in any other checkout. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { isIncluded, openIncluded } from "../../../src/hub/included.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainEvent } from "../../../src/run/train-events.ts";
import { tinyData } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const scratch = scratchFolder().folder({});

test("is in the package's own folder", () => {
  expect(openIncluded("attune:mini").path).toBe(join(root, "models/mini"));
  expect(openIncluded("attune:emotions").path).toBe(join(root, "data/emotions"));
  for (const path of ["models/mini", "./attune:mini", "org/name"]) expect(isIncluded(path)).toBe(false);
});

test("an unknown name is an error", async () => {
  expect(await inputError(() => openIncluded("attune:large-language-model"))).toBe(
    "there is no attune:large-language-model in Attune; it has attune:mini and attune:emotions",
  );
});

test("a run without a model has the mini encoder, says so, and names it by no path", async () => {
  const out = join(scratch, "run");
  const events: TrainEvent[] = [];
  const options = { data: tinyData(join(scratch, "data")), out, method: "probe", epochs: 1, threads: 1 } as const;
  for await (const event of train(options)) events.push(event);
  const notes = events.flatMap((event) => (event.type === "start" ? event.notes : []));
  expect(notes).toContain("The model is the mini encoder that comes with Attune, attune:mini.");
  const run = readFileSync(join(out, "run.json"), "utf8");
  const adapter = join(out, "adapter/attune_adapter.json");
  expect(JSON.parse(run).options.model).toBe("attune:mini");
  const facts = JSON.parse(readFileSync(adapter, "utf8"));
  expect(facts.base).toEqual({ path: "attune:mini", sha256: JSON.parse(run).modelSha256 });
  for (const text of [run, JSON.stringify(facts)]) expect(text).not.toContain(join(root, "models"));

  const classifier = await load(out);
  expect((await classifier.predict(["good"]))[0]!.label).toMatch(/^(positive|negative)$/);
  await classifier.dispose();
  // As it would be with the weights of another version.
  writeFileSync(adapter, JSON.stringify({ ...facts, base: { ...facts.base, sha256: "0" } }));
  expect(await inputError(() => load(out))).toContain("trained on the attune:mini of another version of Attune");
});
