/** docs/errors.md lists the error codes that the sources have. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, errorPage } from "../../scripts/build-error-codes.ts";

test("docs/errors.md lists every code (npm run errors)", () => {
  expect(errorCodes()).toContain("data/missing-column");
  expect(readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8")).toBe(errorPage());
});
