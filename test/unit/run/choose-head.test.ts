import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { load } from "../../../src/classifier/classifier.ts";
import { resume, type TrainEvent, train } from "../../../src/index.ts";
import { headNames } from "../../../src/models/head-choice.ts";
import type { RunFacts } from "../../../src/run/run-facts.ts";
import { tinyFolder } from "../../methods-folder.ts";

const root = mkdtempSync(join(tmpdir(), "attune-heads-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);
const given = { model, data, epochs: 2, batchSize: 8, learningRate: 1e-2, threads: 1 } as const;
const factsOf = (out: string): RunFacts => JSON.parse(readFileSync(join(out, "run.json"), "utf8"));

test("auto tries every head on validation loss, and writes down what it tried and why it chose", async () => {
  const out = join(root, "auto");
  const stop = new AbortController();
  const events: TrainEvent[] = [];
  const interrupted = async () => {
    for await (const event of train({ ...given, out, method: "probe", head: "auto" }, { signal: stop.signal })) {
      events.push(event);
      if (event.type === "step" && event.step === 3) stop.abort();
    }
  };
  await expect(interrupted()).rejects.toThrow("stopped after step 3");
  const before = factsOf(out);
  const { chosen, reason, tried } = before.headSearch!;
  expect(tried.map(({ head }) => head).sort()).toEqual([...headNames].sort());
  expect(tried.map(({ loss }) => loss)).toEqual(tried.map(({ loss }) => loss).sort((a, b) => a - b));
  expect(tried[0]!.head).toBe(chosen);
  expect(before.options.head).toBe(chosen);
  expect(events.slice(0, headNames.length)).toEqual(
    headNames.map((_, done) => ({ type: "choosing", what: "head", done, of: headNames.length })),
  );
  expect(events[headNames.length]).toMatchObject({
    type: "start",
    notes: expect.arrayContaining([`The head is ${chosen}: ${reason}.`]),
  });

  // The choice is made: going on with the run does not make it again, unless what was found is lost.
  const [anew, lost] = [join(root, "anew"), join(root, "lost")];
  for (const copy of [anew, lost]) cpSync(out, copy, { recursive: true });
  for (const name of readdirSync(join(anew, "checkpoints")))
    if (name.startsWith("step-")) rmSync(join(anew, "checkpoints", name), { recursive: true });
  rmSync(join(lost, "checkpoints"), { recursive: true });
  for (const run of [out, anew, lost]) for await (const _ of resume(run));
  expect(factsOf(out).headSearch).toEqual(before.headSearch);

  // Training went on from what the search found, and no interruption changed anything.
  const whole = await train({ ...given, out: join(root, "whole"), method: "probe", head: "auto" });
  expect(whole.result.start!.loss).toBeCloseTo(tried[0]!.loss, 5);
  for (const file of ["adapter/adapter.safetensors", "predictions/validation.jsonl", "predictions/test.jsonl"]) {
    const expected = readFileSync(join(root, "whole", file));
    for (const run of [out, anew, lost])
      expect(readFileSync(join(run, file)).equals(expected), `${run}/${file}`).toBe(true);
  }

  const classifier = await load(out, { threads: 1 });
  expect(classifier.labels).toEqual(["down", "up"]);
  await classifier.dispose();
});

test("with int8, the frozen features that heads are tried on are computed in 8 bits", async () => {
  const out = join(root, "int8");
  await train({ ...given, out, method: "probe", head: "auto", precision: "int8" });
  const lossesOf = (run: string) =>
    Object.fromEntries(factsOf(run).headSearch!.tried.map(({ head, loss }) => [head, loss]));
  const inFloat32 = lossesOf(join(root, "auto"));
  for (const [head, loss] of Object.entries(lossesOf(out))) {
    expect(loss).not.toBe(inFloat32[head]);
    expect(Math.abs(loss - inFloat32[head]!)).toBeLessThan(0.02);
  }
});

test("where no epoch is better than what the search found, the run ends with that", async () => {
  const out = join(root, "spoilt");
  // At this rate every step makes it worse.
  const spoilt = { model, data, out, epochs: 2, batchSize: 8, learningRate: 30, threads: 1 } as const;
  const { result } = await train({ ...spoilt, method: "lora", head: "auto" });
  expect(result.bestEpoch).toBe(0);
  for (const { validation } of result.epochs) expect(validation.loss).toBeGreaterThanOrEqual(result.start!.loss);
  const classifier = await load(out, { threads: 1 });
  const { metrics } = await classifier.evaluate({ data, split: "validation" });
  expect(metrics.loss).toBeCloseTo(result.start!.loss, 5);
  expect(metrics.loss).toBeLessThan(Math.log(2));
  await classifier.dispose();
});
