/**
 * `npm run mutations -- [PART]`: makes one mistake after the other in the encoders (`mistakes.ts`), or those whose file or
 * words contain PART, and runs the tests that have to notice it. Without PART it writes the table of docs/mutations.md.
 * Nothing in src/ is touched: the tests are given the changed file when they load it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";
import { type Mistake, mistakes } from "./mistakes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = `${root}docs/mutations.md`;
const FILES = [
  "test/unit/models/families.test.ts",
  "test/unit/models/dropout-sites.test.ts",
  "test/unit/models/family-programs.test.ts",
  "test/unit/interop/peft.test.ts",
  "test/unit/pretrain/language-model.test.ts",
];

/** The name of the first test that fails with the mistake, or undefined where none does. */
async function noticedBy({ file, from, to, tests }: Mistake): Promise<string | undefined> {
  const path = `${root}src/models/${file}`;
  const source = readFileSync(path, "utf8");
  const changed = source.replace(from, () => to);
  if (changed === source) throw new Error(`${file} has no ${from}`);
  const options = {
    ...({ run: true, watch: false, config: false, root, include: FILES, isolate: false, maxWorkers: 1 } as const),
    ...{ bail: 1, testNamePattern: tests, testTimeout: 60_000, reporters: [{}] },
  };
  const mistake = {
    name: "mistake",
    enforce: "pre" as const,
    load: (id: string) => (id.split("?")[0] === path ? changed : undefined),
  };
  const vitest = await startVitest("test", [], options, { plugins: [mistake] });
  const failed = vitest.state
    .getTestModules()
    .flatMap((module) => [...module.children.allTests("failed")])
    .map((one) => one.fullName.replaceAll(" > ", ": "));
  const broken = vitest.state.getTestModules().flatMap((module) => module.errors());
  await vitest.close();
  return failed[0] ?? (broken.length > 0 ? "loading" : undefined);
}

const [part] = process.argv.slice(2);
const chosen = mistakes.filter(({ file, what }) => part === undefined || `${file} ${what}`.includes(part));
const rows: string[] = [];
const missed: string[] = [];
for (const mistake of chosen) {
  const by = await noticedBy(mistake);
  const row = `| \`${mistake.file}\` | ${mistake.what} | ${by ?? "**nothing**"} |`;
  process.stdout.write(`${row}\n`);
  rows.push(row);
  if (!by) missed.push(mistake.what);
}
if (part === undefined) {
  const [before] = readFileSync(page, "utf8").split("| file |");
  writeFileSync(page, `${before}| file | mistake | first test that fails |\n|---|---|---|\n${rows.join("\n")}\n`);
}
process.stdout.write(`${chosen.length - missed.length} of ${chosen.length} mistakes are noticed\n`);
process.exitCode = missed.length > 0 ? 1 : 0;
