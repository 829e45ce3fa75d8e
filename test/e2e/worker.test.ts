/** A loaded classifier of the built package computes in a thread of its own. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { tinyData, tinyModel } from "../tiny.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { LEARNING, repository, start, succeed } from "./attune.ts";

const cwd = scratchFolder().folder({});
tinyModel(join(cwd, "model"));
tinyData(join(cwd, "data"));
beforeAll(async () => {
  await succeed(["train", "--model", "model", "--data", "data", "--out", "run", ...LEARNING], { cwd });
  mkdirSync(join(cwd, "node_modules"));
  symlinkSync(repository, join(cwd, "node_modules/attune"), "junction");
});

/** What a program prints, as JSON. */
async function said(program: string): Promise<unknown> {
  const file = join(cwd, "program.mjs");
  writeFileSync(file, `import { AttuneError, load } from "attune";\n${program}`);
  const { code, stdout, stderr } = await start(process.execPath, [file], { cwd }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("with the numbers of the calling one, while that does other things", async () => {
  const found = await said(`
    const texts = Array.from({ length: 3000 }, (_, i) => ["good cat", "bad dog", "the café was very good"][i % 3]);
    const here = await load("run", { worker: false });
    const there = await load("run");
    const before = await here.predict(texts);
    let turns = 0;
    const clock = setInterval(() => turns++, 1);
    const predicted = there.predict(texts);
    const evaluated = there.evaluate({ data: "data" });
    const after = await predicted;
    clearInterval(clock);
    console.log(JSON.stringify({
      equal: JSON.stringify(before) === JSON.stringify(after),
      evaluated: JSON.stringify(await evaluated) === JSON.stringify(await here.evaluate({ data: "data" })),
      turns,
    }));
    await Promise.all([here.dispose(), there.dispose()]);
  `);
  expect(found).toMatchObject({ equal: true, evaluated: true });
  // In the calling thread it would be none but those between batches.
  expect((found as { turns: number }).turns).toBeGreaterThan(20);
});

test("dispose answers what was asked, and errors keep their class; a program that leaves it open ends", async () => {
  const found = await said(`
    const classifier = await load("run");
    const asked = [classifier.predict("good cat"), classifier.predict(["bad dog", "good"])];
    await Promise.all([classifier.dispose(), classifier.dispose()]);
    const [one, two] = await Promise.all(asked);
    const errors = [];
    for (const work of [() => classifier.predict("a"), () => load("nowhere"), async () => (await load("run")).evaluate({ data: "none.csv" })])
      await work().catch((error) => errors.push([error instanceof AttuneError, error.code]));
    await load("run");
    console.log(JSON.stringify({ label: one.label, count: two.length, errors }));
  `);
  expect(found).toEqual({
    label: "negative",
    count: 2,
    errors: [
      [true, "predict/disposed"],
      [true, "model/missing"],
      [true, "data/missing"],
    ],
  });
});
