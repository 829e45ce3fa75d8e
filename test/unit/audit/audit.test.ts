/** `audit` on a tiny model: what it finds, its files, and a review that is applied. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { applyReview } from "../../../src/audit/apply-review.ts";
import { audit } from "../../../src/audit/audit.ts";
import type { AuditEvent, AuditResult } from "../../../src/audit/audit-result.ts";
import { textHash } from "../../../src/audit/audited-texts.ts";
import { issueColumns } from "../../../src/audit/issues-csv.ts";
import { writeAudit } from "../../../src/audit/write-audit.ts";
import { openTable } from "../../../src/tables/open-table.ts";
import { tinyModel } from "../../tiny.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const { folder, file } = scratchFolder();
const model = tinyModel(folder({}));

/** Texts of two kinds that the tiny model tells apart, as rows of text and label. */
const FILLERS = ["the cat", "a dog", "running", "the café", "a strasse", "very", "the dog", "a cat"];
const rows = Array.from({ length: 96 }, (_, i) => {
  const [label, word] = i % 2 === 0 ? ["up", "good good"] : ["down", "bad bad"];
  const k = i >> 1;
  return [`${FILLERS[k % 8]} ${word} ${FILLERS[k >> 3]}`, label] as [string, string];
});
const csv = (lines: readonly (readonly string[])[]) =>
  `text,label\n${lines.map((line) => line.join(",")).join("\n")}\n`;

/** Of train, row 11 is labelled wrongly; row 21 stands in test with another label, row 22 in validation as it is. */
const train = rows.slice(0, 64).map(([text, label], i): [string, string] => [text, i === 10 ? "down" : label]);
const [validation, testing] = [rows.slice(64, 80), rows.slice(80)];
const data = folder({
  "train.csv": csv([...train, ["<br>the cat is good</br>", "up"], ["добрый день кошка", "up"], train[3]!]),
  "validation.csv": csv([...validation, train[21]!]),
  "test.csv": csv([...testing, [train[20]![0], "down"], [" ", "up"]]),
});

let result: AuditResult;
let probabilities: Float32Array;
const events: AuditEvent[] = [];
beforeAll(async () => {
  for await (const event of audit({ data, model, threads: 1, folds: 2 })) events.push(event);
  const last = events.at(-1)!;
  if (last.type !== "audited") throw new Error("the last event is the result");
  ({ result, probabilities } = last);
}, 60_000);

const found = (kind: string) =>
  result.issues.filter((issue) => issue.kind === kind).map(({ split, row }) => `${split} ${row}`);

describe("what is found", () => {
  test("a wrong label, with the right one", () => {
    expect(found("label")).toContain("train 11");
    const issue = result.issues.find(({ kind, split, row }) => kind === "label" && split === "train" && row === 11)!;
    expect(issue).toMatchObject({
      text: train[10]![0],
      given: "down",
      suggested: "up",
      where: join(data, "train.csv, line 12"),
    });
    expect(issue.probability! + issue.givenProbability!).toBeCloseTo(1, 5);
    expect(issue.textHash).toBe(textHash([train[10]![0]]));
    expect(issue.similar).toHaveLength(3);
  });

  test("leaks, contradictions and repetitions of equal texts", () => {
    expect(found("leak")).toEqual(expect.arrayContaining(["train 21", "train 22"]));
    expect(found("contradiction")).toEqual(expect.arrayContaining(["train 21", "test 17"]));
    expect(found("duplicate")).toContain("train 67");
    const leak = result.issues.find(({ kind, row }) => kind === "leak" && row === 22)!;
    expect(leak.also).toEqual({ split: "validation", row: 17 });
  });

  test("markup, another script, nothing", () => {
    expect(found("markup")).toEqual(["train 65"]);
    expect(found("language")).toEqual(["train 66"]);
    expect(found("empty")).toEqual(["test 18"]);
  });

  test("numbers of the whole", () => {
    expect(result.texts).toEqual({ train: 67, validation: 17, test: 18 });
    expect(probabilities).toHaveLength(102 * 2);
    for (let text = 0; text < 102; text++)
      expect(Math.abs(probabilities[2 * text]! + probabilities[2 * text + 1]! - 1)).toBeLessThan(1e-6);
    expect(result.tried.map(({ name }) => name).sort()).toEqual(["linear head", "mean of both heads", "mlp head"]);
    expect(result.tried[0]!.loss).toBeLessThan(Math.log(2));
    expect(result.classes.map(({ label }) => label)).toEqual(["down", "up"]);
    expect(result.wrongLabels.found).toBe(found("label").length);
  });

  test("the same for the same seed", async () => {
    const again = await audit({ data, model, threads: 1, folds: 2 });
    expect(again.result.issues).toEqual(result.issues);
    expect(again.probabilities).toEqual(probabilities);
  });

  test("what happens is said on the way", () => {
    expect(events[0]).toMatchObject({ type: "start", labels: ["down", "up"] });
    const stages = events.flatMap((event) => (event.type === "progress" ? [event.stage] : []));
    expect([...new Set(stages)]).toEqual(["features", "probabilities", "neighbours", "curve"]);
    const last = events.findLast((event) => event.type === "progress" && event.stage === "features");
    expect(last).toMatchObject({ done: 102, total: 102 });
  });
});

test("a fine-tuning method gives the probabilities, where that is asked for", async () => {
  const work = audit({ data, model, threads: 1, folds: 2, method: "probe", maxLength: 12 });
  const { result: trained, probabilities: own } = await work;
  expect(trained.method).toBe("probe");
  expect(trained.tried.map(({ name }) => name)).toEqual(["probe"]);
  expect(own).toHaveLength(102 * 2);
  expect(trained.tried[0]!.loss).toBeLessThan(Math.log(2));
});

test("a signal ends it", async () => {
  const stop = new AbortController();
  const work = async () => {
    for await (const event of audit({ data, model, threads: 1 }, { signal: stop.signal }))
      if (event.type === "progress") stop.abort();
  };
  await expect(work()).rejects.toMatchObject({ kind: "interrupted" });
});

describe("a review", () => {
  let out: string;
  beforeAll(() => {
    out = join(folder({}), "audit");
    writeAudit(result, out);
  });

  /** issues.csv with decisions, by kind, split and row: `decision` or `relabel=…`. */
  async function reviewed(decisions: Readonly<Record<string, string>>): Promise<string> {
    const table = await openTable(join(out, "issues.csv"));
    const lines: string[] = [];
    for await (const batch of table.rows(issueColumns))
      for (const { values } of batch) {
        const row: Record<string, string> = Object.fromEntries(
          issueColumns.map((column, i) => [column, String(values[i] ?? "")]),
        );
        const [decision = "", label = ""] = (decisions[`${row.kind} ${row.split} ${row.row}`] ?? "").split("=");
        Object.assign(row, { decision, new_label: label });
        lines.push(
          issueColumns
            .map((column) => row[column]!)
            .map((cell) => `"${cell.replaceAll('"', '""')}"`)
            .join(","),
        );
      }
    return file("reviewed.csv", [issueColumns.join(","), ...lines].join("\r\n"));
  }

  test("issues.csv has all issues, and no audit takes its place", async () => {
    const table = await openTable(join(out, "issues.csv"));
    expect(table.columns).toEqual(issueColumns);
    expect(JSON.parse(readFileSync(join(out, "audit.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(result)));
    await expect(inputError(() => writeAudit(result, out))).resolves.toContain("an audit is there already");
  });

  test("audit.html needs nothing else, and what the data hold is no markup", () => {
    const name = "<img src=x onerror=alert(1)>";
    const issues = result.issues.map((issue) => ({
      ...issue,
      text: "</script><script>alert(1)</script>",
      given: name,
    }));
    const classes = result.classes.map((one) => ({ ...one, label: name }));
    const hostile = join(folder({}), "audit");
    const page = readFileSync(writeAudit({ ...result, issues, classes, data: name }, hostile), "utf8");
    expect(page).toContain("<title>What is wrong with the data</title>");
    expect(page).not.toContain("<img");
    expect(page).not.toContain("<script>alert");
    expect(page.match(/<script[ >]/g)).toHaveLength(2);
    expect(page).not.toMatch(/(?:src|href)="(?!#)/);
  });

  test("is written to new files, and the originals stay", async () => {
    const before = readFileSync(join(data, "train.csv"), "utf8");
    const review = await reviewed({
      "label train 11": "accept",
      "leak train 22": "accept",
      "markup train 65": "keep",
      "contradiction test 17": "relabel=up",
      "empty test 18": "remove",
    });
    const cleaned = join(folder({}), "cleaned");
    const applied = await applyReview({ data, review, out: cleaned });
    expect(applied).toMatchObject({ rows: 100, relabelled: 2, removed: 2 });
    expect(readFileSync(join(data, "train.csv"), "utf8")).toBe(before);
    const [trainLines, testLines] = ["train", "test"].map((split) =>
      readFileSync(join(cleaned, `${split}.csv`), "utf8")
        .trimEnd()
        .split("\n"),
    ) as [string[], string[]];
    const expected = before.trimEnd().split("\n");
    expected[11] = `${train[10]![0]},up`;
    expected.splice(22, 1);
    expect(trainLines).toEqual(expected);
    expect(testLines).toHaveLength(18);
    expect(testLines[17]).toBe(`${train[20]![0]},up`);
    expect(readFileSync(join(cleaned, "validation.csv"), "utf8")).toBe(
      readFileSync(join(data, "validation.csv"), "utf8"),
    );
  });

  test.each([
    [{ "label train 11": "maybe" }, 'the decision is "maybe"; it must be'],
    [{ "label train 11": "relabel=upp" }, 'there is no label "upp"; did you mean "up"'],
    [{ "contradiction train 21": "accept" }, "of contradicting labels nothing is suggested"],
    [{ "leak train 21": "accept", "contradiction train 21": "relabel=down" }, "train row 21 is decided in two ways"],
  ])("that cannot be followed is refused, and nothing is written: %o", async (decisions, message) => {
    const review = await reviewed(decisions);
    const cleaned = join(folder({}), "cleaned");
    expect(await inputError(() => applyReview({ data, review, out: cleaned }))).toContain(message);
    expect(existsSync(cleaned)).toBe(false);
  });

  test("of data that have changed since is refused", async () => {
    const review = await reviewed({ "label train 11": "accept" });
    const changed = folder(
      Object.fromEntries(
        ["train.csv", "validation.csv", "test.csv"].map((name) => [name, readFileSync(join(data, name), "utf8")]),
      ),
    );
    const path = join(changed, "train.csv");
    const lines = readFileSync(path, "utf8").split("\n");
    for (const [line, message] of [
      [`${train[10]![0]} more,down`, "train row 11 is another text than the one that was reviewed"],
      [`${train[10]![0]},up`, 'the label of train row 11 is "up" and was "down"'],
    ] as const) {
      writeFileSync(path, lines.with(11, line).join("\n"));
      const out = join(folder({}), "cleaned");
      expect(await inputError(() => applyReview({ data: changed, review, out }))).toContain(message);
    }
  });
});
