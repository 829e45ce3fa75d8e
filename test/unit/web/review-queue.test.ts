/** Decisions on what an audit found: kept whole in a file of their own, and never two for one row. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { AuditIssue } from "../../../src/audit/audit-result.ts";
import { issuesCsv } from "../../../src/audit/issues-csv.ts";
import { decide, readQueue } from "../../../src/web/review-queue.ts";
import { inputError, scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
const issue = (row: number, kind: AuditIssue["kind"], more: Partial<AuditIssue> = {}): AuditIssue => ({
  ...{
    split: "train",
    row,
    kind,
    score: 0.9,
    id: `${row}`,
    where: `train.csv, line ${row + 1}`,
    text: `text ${row}`,
    given: "a",
  },
  ...{ why: "…", similar: [], textHash: "0" },
  ...more,
});

let file: string;
beforeEach(() => {
  const issues = [
    issue(1, "label", { suggested: "=b", probability: 0.8, text: '=1+1, "quoted"\nand\ttwo lines ' }),
    issue(1, "duplicate"),
    issue(2, "contradiction"),
    issue(3, "outlier"),
  ];
  const folder = scratch.folder({
    "issues.csv": issuesCsv(issues),
    "audit.json": JSON.stringify({ data: "d.csv", labels: ["a", "=b"], issues }),
  });
  file = join(folder, "issues.csv");
});

const decisionsOf = () =>
  readQueue(file).issues.map(({ decision, newLabel }) => (newLabel ? [decision, newLabel] : decision));
const say = (line: number, decision: Parameters<typeof decide>[1]["decision"], newLabel = "") => {
  const { row, kind } = readQueue(file).issues[line]!;
  decide(file, { line, row, kind, decision, newLabel });
};

describe("a review", () => {
  test("shows texts and labels as they are in the data", () => {
    const [first] = readQueue(file).issues;
    expect(first).toMatchObject({
      text: '=1+1, "quoted"\nand\ttwo lines ',
      suggested: "=b",
      given: "a",
      probability: 0.8,
      decision: "",
    });
    expect(readQueue(file)).toMatchObject({ labels: ["a", "=b"], data: "d.csv", saved: "reviewed.csv" });
  });

  test("keeps decisions beside the issues, which stay as they are", () => {
    const before = readFileSync(file, "utf8");
    say(0, "relabel", "=b");
    say(3, "accept");
    expect(decisionsOf()).toEqual([["relabel", "=b"], "", "", "accept"]);
    expect(readFileSync(file, "utf8")).toBe(before);
    const reviewed = readFileSync(join(file, "../reviewed.csv"), "utf8");
    // A spreadsheet takes none of it for a formula, and all else is as the audit wrote it.
    expect(reviewed).toContain(",relabel,'=b,");
    expect(reviewed.replace(",relabel,'=b,", ",,,").replace(",accept,", ",,")).toBe(before);
    say(0, "");
    expect(decisionsOf()).toEqual(["", "", "", "accept"]);
    expect(readdirSync(join(file, ".."))).toEqual(["audit.json", "issues.csv", "reviewed.csv"]);
  });

  test("refuses two outcomes for one row, a label that is not chosen, and a line that is another by now", async () => {
    say(0, "accept");
    expect(await inputError(() => say(1, "accept"))).toContain(
      "stands in the list as label, and is labelled '=b there",
    );
    say(1, "keep");
    expect(await inputError(() => say(2, "relabel"))).toContain("choose the new label");
    expect(
      await inputError(() => decide(file, { line: 2, row: 9, kind: "label", decision: "keep", newLabel: "" })),
    ).toContain("reload");
    writeFileSync(file.replace("issues.csv", "reviewed.csv"), "a,b\n1,2\n");
    expect(await inputError(() => readQueue(file))).toContain("the column split is missing");
  });
});
