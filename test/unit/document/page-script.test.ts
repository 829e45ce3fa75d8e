import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pageScriptFile } from "../../../scripts/build-page-script.ts";

test("the page's script is what its folder bundles to, and can stand in an element", async () => {
  const file = readFileSync(new URL("../../../src/document/page-script.generated.ts", import.meta.url), "utf8");
  expect(file).toBe(await pageScriptFile());
  expect(file).not.toMatch(/<\/script|<!--/i);
});
