/** Which method with which head can be written in which format, and what is said where it cannot. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type MethodName, methodNames } from "../../../src/methods/registry.ts";
import type { HeadName } from "../../../src/models/head-choice.ts";
import { load, type Prediction } from "../../../src/run/classifier.ts";
import { type ExportFormat, exportFormats, exportRun } from "../../../src/run/export.ts";
import type { TrainOptions } from "../../../src/run/options.ts";
import { train } from "../../../src/run/train.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { inputError } from "../data/scratch.ts";

const root = mkdtempSync(join(tmpdir(), "attune-export-"));
afterAll(() => rmSync(root, { recursive: true }));
const { model, data } = tinyFolder(root);

const table = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"));

interface Row {
  readonly method: MethodName;
  readonly options: object;
  readonly head: HeadName;
  /** For each format, "yes", or "no: " and the reason. */
  readonly formats: Readonly<Record<ExportFormat, string>>;
}

const rows = table.map((line): Row => {
  const cells = line.split("|").slice(1, -1);
  const [method, options, head, ...formats] = cells.map((cell) => cell.trim().replace(/^`(.*)`$/, "$1"));
  const byFormat = Object.fromEntries(exportFormats.map((format, i) => [format, formats[i]]));
  return { method, head, options: parse(options!) ?? {}, formats: byFormat } as Row;
});

test("the table has every method with its own head and with another", () => {
  for (const isOwn of [true, false])
    expect(new Set(rows.filter(({ head }) => (head === "pooler") === isOwn).map(({ method }) => method)).size).toBe(
      methodNames.length,
    );
});

describe.each(rows)("$method $options $head", ({ method, options, head, formats }) => {
  const name = `${method}${JSON.stringify(options)}${head}`.replace(/\W/g, "");
  const run = join(root, name);
  const texts = ["the good cat is happy", "a very bad dog"];
  let expected: Prediction[] = [];

  beforeAll(async () => {
    const small = { epochs: 1, batchSize: 16, learningRate: 1e-2, threads: 1 };
    for await (const _ of train({ model, data, out: run, method, head, ...small, ...options } as TrainOptions));
    expected = await (await load(run, { threads: 1 })).predict(texts);
  });

  test.each(exportFormats)("%s", async (format) => {
    const out = join(root, `${name}-${format}`);
    if (formats[format] !== "yes") {
      const [, reason] = /^no: (.+)$/.exec(formats[format])!;
      expect(await inputError(() => exportRun(run, { format, out }))).toContain(reason);
      expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false);
      return;
    }
    await exportRun(run, { format, out });
    const card = readFileSync(join(out, "README.md"), "utf8");
    expect(card).toMatch(/num_labels(=|` is )2/);
    expect(card).not.toContain(root);
    if (format === "onnx") return expect(existsSync(join(out, "onnx", "model.onnx"))).toBe(true);
    const [folder, more] = format === "peft" ? [model, { adapter: out }] : [out, {}];
    const found = await (await load(folder, { threads: 1, ...more })).predict(texts);
    for (const [i, { logits, label }] of found.entries()) {
      expect(label).toBe(expected[i]!.label);
      for (const [k, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!.logits[k]!)).toBeLessThan(1e-5);
    }
  });
});

test("an adapter calls its base as it is told to", async () => {
  const [run, out] = [join(root, "lora named"), join(root, "lora named peft")];
  const options = { model, data, out: run, epochs: 1, learningRate: 1e-2, threads: 1 };
  for await (const _ of train({ ...options, method: "lora", rankPattern: { "query|key": 2 } }));
  await exportRun(run, { format: "peft", out, base: "someone/tiny-bert" });
  const config = JSON.parse(readFileSync(join(out, "adapter_config.json"), "utf8"));
  expect(config.base_model_name_or_path).toBe("someone/tiny-bert");
  const card = readFileSync(join(out, "README.md"), "utf8");
  expect(card).toContain("library_name: peft");
  expect(card).toContain('AutoTokenizer.from_pretrained("someone/tiny-bert")');
  expect(card).toContain('| rankPattern | {"query\\|key":2} |');
  expect(await inputError(() => exportRun(run, { format: "onnx", out: join(root, "x"), base: "a/b" }))).toContain(
    "--base goes with --format peft",
  );
});

test("what is there already is left alone", async () => {
  expect(await inputError(() => exportRun(model, { format: "peft", out: root }))).toContain("this exists already");
});
