/** Bundles src/document/page/ into page-script.generated.ts, so that a report can be written without a bundler. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (file: string): string => fileURLToPath(new URL(`../src/document/${file}`, import.meta.url));

/** The file's content: the script, that an element of a page can hold. */
export async function pageScriptFile(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path("page/page-main.ts")],
    bundle: true,
    platform: "browser",
    format: "iife",
    target: "es2022",
    minifyWhitespace: true,
    write: false,
    logLevel: "silent",
  });
  const script = outputFiles[0]!.text.trim();
  return `/** Bundled from page/ by \`npm run page-script\`; a test compares them. */
export const pageScript =
  ${JSON.stringify(script)};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(path("page-script.generated.ts"), await pageScriptFile());
