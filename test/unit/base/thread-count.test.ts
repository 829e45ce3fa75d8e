import { cpus } from "node:os";
import { expect, test } from "vitest";
import { load } from "../../../src/index.ts";
import { resolvePretrainOptions } from "../../../src/pretrain/pretrain-options.ts";
import { resolveOptions } from "../../../src/run/train-options.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { inputError } from "../tables/scratch.ts";

const most = cpus().length;
const given = { model: "attune:mini", data: "attune:emotions", out: "out" };

test("as many threads as the machine has are taken, and no more, wherever they are asked for", async () => {
  expect(resolveOptions({ ...given, threads: most }).threads).toBe(most);
  const says = new RegExp(`threads.* cannot be ${most + 1}: it must be .*${most}`);
  expect(await inputError(() => resolveOptions({ ...given, threads: most + 1 }))).toMatch(says);
  expect(await inputError(() => resolvePretrainOptions({ data: "d", out: "out", threads: most + 1 }))).toMatch(says);
  expect(await inputError(() => load("attune:mini", { threads: most + 1 }))).toMatch(says);
  expect(await inputError(() => load("attune:mini", { threads: 1.5 }))).toMatch(/threads cannot be 1.5/);

  expect(
    await inputError(() => resolvePlan({ model: "attune:mini", data: "attune:emotions", threads: most + 1 })),
  ).toMatch(says);
});
