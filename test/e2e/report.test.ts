/** `attune report` on studies that are there: what it prints, what it writes, and what it says where it cannot. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fabricatedSettings, fabricateStudy } from "../study.ts";
import { searched } from "../unit/report/search/searched.ts";
import { scratchFolder } from "../unit/tables/scratch.ts";
import { attune, filesBelow, succeed } from "./attune.ts";

const { folder } = scratchFolder();

describe("attune report", () => {
  test("writes beside the runs, and prints the table and the path", async () => {
    const cwd = folder({});
    fabricateStudy(join(cwd, "study"), { texts: 60 });
    const { stdout, stderr } = await succeed(["report", "study"], { cwd });
    expect(stdout).toMatch(/^method +accuracy +macro F1 .*\n/);
    expect(stdout).toMatch(/^Linear probe .*\*/m);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(join("study", "report.html"));
    expect(stderr).toBe("");
    const made = filesBelow(join(cwd, "study"));
    expect(made).toEqual(expect.arrayContaining(["epochs.csv", "report", "report.html", "report.md", "results.csv"]));
    expect(made.filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("merges studies into a folder of its own", async () => {
    const cwd = folder({});
    fabricateStudy(join(cwd, "a"), { settings: fabricatedSettings("controlled").slice(0, 2), texts: 60 });
    fabricateStudy(join(cwd, "b"), { settings: fabricatedSettings("tuned").slice(0, 2), texts: 60 });
    const refused = await attune(["report", "a", "b"], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^attune: a report of several studies needs a folder of its own; choose one with --out\n$/,
    );
    await succeed(["report", "a", "b", "--out", "merged"], { cwd });
    const html = readFileSync(join(cwd, "merged", "report.html"), "utf8");
    for (const recipe of ["Recipe: controlled", "Recipe: tuned"]) expect(html).toContain(recipe);
  });

  test("merges studies of two machines, and says that their times cannot be compared", async () => {
    const cwd = folder({});
    const settings = fabricatedSettings("tuned").slice(1, 3);
    fabricateStudy(join(cwd, "here"), { settings, texts: 60 });
    fabricateStudy(join(cwd, "there"), { settings, texts: 60, processor: "Another Processor" });
    const { stdout } = await succeed(["report", "here", "there", "--out", "merged"], { cwd });
    const reason =
      'the runs had different machines: "Some Processor, 2 cores, linux x64" and "Another Processor, 2 cores, linux x64"';
    expect(stdout).toContain(`\nTimes cannot be compared: ${reason}.\n`);
    expect(stdout).toMatch(/^Linear probe \(here\) .*\nFull fine-tuning \(there\) /m);
    // Marks of quality and memory, and none of times.
    expect(stdout).toMatch(/^Linear probe \(here\) .* s +[\d.]+ s +500 MB\*/m);
    const report = readFileSync(join(cwd, "merged", "report.md"), "utf8");
    expect(report).toContain(`**Least time:** **Not compared**. Times cannot be compared: ${reason}.`);
    expect(filesBelow(join(cwd, "merged", "report")).filter((name) => name.includes("time"))).toEqual([]);
  });

  test("writes that of a search anew, as far as it is, and not together with others", async () => {
    const cwd = folder({});
    const { search, entries } = searched({ budget: { trials: 4 } });
    mkdirSync(join(cwd, "search"));
    writeFileSync(join(cwd, "search", "search.json"), JSON.stringify(search));
    // The last line is being written.
    const lines = entries.map((entry) => JSON.stringify(entry)).join("\n");
    writeFileSync(join(cwd, "search", "log.jsonl"), lines);
    const { stdout, stderr } = await succeed(["report", "search"], { cwd });
    expect({ stdout, stderr }).toEqual({ stdout: `${join("search", "search.html")}\n`, stderr: "" });
    const html = readFileSync(join(cwd, "search", "search.html"), "utf8");
    expect(html).toContain("its best trial is not finished yet");
    const refused = await attune(["report", "search", "other"], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe("attune: a search has a report of its own; name it alone\n");
  });

  test("says in one line what is no study, and writes nothing", async () => {
    const cwd = folder({});
    mkdirSync(join(cwd, "empty"));
    const { code, stdout, stderr } = await attune(["report", "empty"], { cwd });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^attune: empty: there is no study\.json in it.*\n$/);
    expect(filesBelow(cwd)).toEqual(["empty"]);
  });
});
