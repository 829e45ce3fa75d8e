import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../../../src/comparison/comparison.ts";
import { resultTable } from "../../../src/report/terminal-table.ts";
import { bothRecipes, fabricated } from "./comparisons.ts";

describe("the table on a terminal", () => {
  const study = fabricated();
  let both: Comparison;
  beforeAll(async () => {
    both = (await study(bothRecipes())).comparison;
  }, 120_000);

  test("marks the best cells and fits", async () => {
    const { comparison } = await study();
    const table = resultTable(comparison, { colour: false });
    expect(`\n${table}\n`).toMatchInlineSnapshot(`
      "
      method           accuracy  macro F1  cal.err  training   total  memory  trained  stored
      No training        0.2900    0.2874   0.6755     0.0 s   6.0 s  400 MB        0    0 kB
      Full fine-tuning   0.9250    0.9199   0.0517*     2:00    2:06  900 MB      1 M  4.0 MB
      Linear probe       0.6100    0.5949   0.3613     6.4 s* 13.0 s* 500 MB*     1 k*   4 kB*
      LoRA, rank 2       0.8100    0.7899   0.1538      1:01    1:06  702 MB      6 k   24 kB
      LoRA, rank 8       0.9100    0.9075   0.0648      1:01    1:07  708 MB     24 k   96 kB
      LoRA, rank 32      0.9300*   0.9297*  0.0676      1:04    1:09  732 MB     96 k  384 kB
      "
    `);
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("has the same columns with colour as without", () => {
    const coloured = resultTable(both, { colour: true });
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
    const plain = resultTable(both, { colour: false });
    const bare = (text: string) => text.replaceAll("*", " ").replace(/ +$/gm, "");
    expect(bare(stripVTControlCharacters(coloured))).toBe(bare(plain));
    for (const title of ["controlled", "tuned"]) expect(plain.split("\n")).toContain(title);
  });

  test("keeps to its width with long names, marks no times that cannot be compared, and names what is missing", () => {
    const settings = both.settings.map((setting) => ({
      ...setting,
      title: `${setting.title} ${"with a long name ".repeat(9)}`,
    }));
    const table = resultTable(
      {
        ...both,
        settings,
        timesComparable: { comparable: false, reason: "up to 2 runs ran at once" },
        failed: [{ name: "a", reason: "no\u001b[2J" }],
        missing: ["b"],
      },
      { colour: false, width: 100 },
    );
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(table).toContain("Times cannot be compared: up to 2 runs ran at once.");
    expect(table).toContain("a failed: no [2J");
    expect(table).toContain("Not ended yet: b");
    expect(table).not.toContain(" s*");
  });

  describe.each([60, 80, 120])("of %i columns", (width) => {
    const failed = [{ name: "tuned-full-s42", reason: `${"/a/long/path".repeat(20)}: no\nroom` }];
    const missing = Array.from({ length: 20 }, (_, i) => `tuned-lora-r${i}-s42`);
    const timesComparable = {
      comparable: false,
      reason: `the runs had different machines: ${"this one, ".repeat(20)}`,
    };

    test.each([true, false])("has no wider line, in colour: %s", (colour) => {
      const table = resultTable({ ...both, failed, missing, timesComparable }, { colour, width });
      const lines = stripVTControlCharacters(table).split("\n");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines.find((line) => line.startsWith("tuned-full-s42 failed: /a/long/path"))).toMatch(/…$/);
      expect(lines.at(-1)).toMatch(/^Not ended yet: tuned-lora-r0-s42.* and \d+ more$/);
      // A reason is wrapped and said as a whole.
      expect(lines.join(" ")).toContain(`${timesComparable.reason.trimEnd()}`);
    });

    test("shows what matters most, and names what has no room", () => {
      const lines = resultTable(both, { colour: false, width }).split("\n");
      const hidden = { 60: "cal.err, training, trained, stored", 80: "stored", 120: undefined }[width];
      expect(lines[0]).toMatch(/^method +accuracy +macro F1 /);
      for (const title of ["Full fine-tuning", "LoRA, rank 32"])
        expect(lines.filter((line) => line.startsWith(`${title} `))).toHaveLength(2);
      const note = lines.slice(lines.findIndex((line) => line.startsWith("Not shown"))).join(" ");
      if (hidden) expect(note).toBe(`Not shown, for lack of room: ${hidden}.`);
      else expect(lines.join()).not.toContain("Not shown");
      for (const title of hidden?.split(", ") ?? []) expect(lines[0]).not.toContain(title);
    });
  });

  test("is whole where it goes to no terminal", () => {
    const title = `LoRA, ${"with a long name ".repeat(9)}`;
    const settings = both.settings.map((setting) => ({ ...setting, title }));
    const missing = Array.from({ length: 20 }, (_, i) => `run-${i}`);
    const table = resultTable({ ...both, settings, missing }, { colour: false });
    expect(table).toContain(title);
    expect(table).toContain("run-0, run-1, run-2");
    expect(table).toContain("run-18, run-19");
  });
});
