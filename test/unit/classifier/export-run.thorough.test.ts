/** Which method with which head can be written in which format, and what is said where it cannot. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { load, type Prediction } from "../../../src/classifier/classifier.ts";
import { type ExportFormat, exportFormats } from "../../../src/classifier/export-formats.ts";
import { exportRun } from "../../../src/classifier/export-run.ts";
import { type MethodName, methodNames } from "../../../src/methods/registry.ts";
import { type HeadName, headNames } from "../../../src/models/head-choice.ts";
import { train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { tinyFolder } from "../../methods-folder.ts";
import { fixtures, inputError } from "../tables/scratch.ts";

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
    const training = method === "none" ? {} : { epochs: 1, batchSize: 16, learningRate: 1e-2 };
    for await (const _ of train({
      model,
      data,
      out: run,
      method,
      head,
      threads: 1,
      ...training,
      ...options,
    } as TrainOptions));
    expected = await (await load(run, { threads: 1 })).predict(texts);
  });

  // A run that changed the whole model has no adapter.
  const sources = method === "full" ? ["run"] : ["run", "base and adapter"];
  test.each(sources.flatMap((from) => exportFormats.map((format) => [from, format] as const)))(
    "%s as %s",
    async (from, format) => {
      const out = join(root, `${name}-${from}-${format}`);
      const exported = () =>
        from === "run" ? exportRun(run, { format, out }) : exportRun(model, { adapter: run, format, out });
      if (formats[format] !== "yes") {
        const [, reason] = /^no: (.+)$/.exec(formats[format])!;
        expect(await inputError(exported)).toContain(reason);
        expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false);
        return;
      }
      await exported();
      const card = readFileSync(join(out, "README.md"), "utf8");
      expect(card).toMatch(/num_labels(=|` is )2/);
      expect(card).toContain(`method \`${method}\``);
      expect(card.includes("| accuracy |")).toBe(from === "run");
      expect(card).not.toContain(root);
      if (format === "onnx") return expect(existsSync(join(out, "onnx", "model.onnx"))).toBe(true);
      const [folder, more] = format === "peft" ? [model, { adapter: out }] : [out, {}];
      const found = await (await load(folder, { threads: 1, ...more })).predict(texts);
      for (const [i, { logits, label }] of found.entries()) {
        expect(label).toBe(expected[i]!.label);
        for (const [k, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!.logits[k]!)).toBeLessThan(1e-5);
      }
    },
  );
});

describe.each(methodNames)("%s with every other head", (method) => {
  const own = rows.find((row) => row.method === method && row.head !== "pooler")!;

  test.each(headNames.filter((head) => head !== "pooler"))("%s", async (head) => {
    const run = join(root, `${method} ${head}`);
    const training = method === "none" ? {} : { epochs: 1, batchSize: 8 };
    for await (const _ of train({
      model,
      data,
      out: run,
      method,
      head,
      limit: 8,
      threads: 1,
      ...training,
    } as TrainOptions));
    for (const format of exportFormats) {
      const exported = exportRun(run, { format, out: `${run} ${format}` });
      if (own.formats[format] === "yes") await exported;
      else {
        const reason = own.formats[format].replace(/^no: /, "").replace(own.head, head);
        expect(await inputError(() => exported)).toContain(reason);
      }
    }
  });
});

/** Adapters of PEFT on their base, which has no labels by name. */
describe("a base and an adapter of PEFT", () => {
  const peft = join(fixtures, "peft-cases", "lora-expression");
  const texts = ["the good cat", "a bad dog is running very unhappy"];

  test.each(exportFormats)("%s", async (format) => {
    const out = join(root, `peft-${format}`);
    const labels = ["no", "maybe", "yes"];
    expect(await inputError(() => exportRun(model, { adapter: peft, format, out, labels: ["no"] }))).toContain(
      "there are 1 labels",
    );
    await exportRun(model, { adapter: peft, format, out, labels, maxLength: 12 });
    const card = readFileSync(join(out, "README.md"), "utf8");
    expect(card).toContain("Made from base and the adapter lora-expression with the method `lora`.");
    expect(card).toContain("for 3 labels: no, maybe, yes.");
    if (format !== "onnx") expect(card).toContain("max_length=12");
    const expected = await (await load(model, { adapter: peft, labels, threads: 1 })).predict(texts);
    if (format === "onnx") {
      const config = JSON.parse(readFileSync(join(out, "tokenizer_config.json"), "utf8"));
      return expect(config.model_max_length).toBe(12);
    }
    const [folder, more] = format === "peft" ? [model, { adapter: out }] : [out, {}];
    const found = await (await load(folder, { threads: 1, ...more })).predict(texts);
    for (const [i, { logits, label }] of found.entries()) {
      expect(label).toBe(expected[i]!.label);
      for (const [k, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!.logits[k]!)).toBeLessThan(1e-5);
    }
  });

  test("what int8 changes has no texts to be measured on", async () => {
    const out = join(root, "peft-int8");
    const [note] = await exportRun(model, { adapter: peft, format: "onnx", out, int8: true });
    expect(note).toContain("was not measured");
    expect(existsSync(join(out, "onnx", "model_quantized.onnx"))).toBe(true);
  });

  test("a whole model is exported as well, but is no adapter", async () => {
    const [whole, again] = [join(root, "peft-whole"), join(root, "peft-again")];
    await exportRun(model, { adapter: peft, format: "transformers", out: whole });
    await exportRun(whole, { format: "onnx", out: again });
    expect(readFileSync(join(again, "README.md"), "utf8")).toContain("Made from peft-whole.");
    expect(await inputError(() => exportRun(whole, { format: "peft", out: join(root, "x") }))).toContain(
      "this cannot be a PEFT adapter: it is a whole model",
    );
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
  expect(card).toContain('AutoPeftModelForSequenceClassification.from_pretrained("lora named peft"');
  expect(card).toContain('| rankPattern | {"query\\|key":2} |');
  expect(await inputError(() => exportRun(run, { format: "onnx", out: join(root, "x"), base: "a/b" }))).toContain(
    "--base goes with --format peft",
  );
});

test("what is there already is left alone", async () => {
  expect(await inputError(() => exportRun(model, { format: "peft", out: root }))).toContain("this exists already");
});
