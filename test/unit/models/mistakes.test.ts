/** The list of mistakes (`npm run mutations`) fits the sources and docs/mutations.md, which says of each who noticed it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mistakes } from "../../mutations/mistakes.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test("there are at least thirty, and each is one place of its file", () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(30);
  for (const { file, from, what } of mistakes) expect(read(`src/models/${file}`).split(from), what).toHaveLength(2);
});

test("the page has each of them, noticed", () => {
  const rows = read("docs/mutations.md").match(/^\| `.*$/gm)!;
  expect(rows.map((row) => row.split(" | ").slice(0, 2).join(" | "))).toEqual(
    mistakes.map(({ file, what }) => `| \`${file}\` | ${what}`),
  );
  for (const row of rows) expect(row).not.toContain("**nothing**");
});
