import { expect, test } from "vitest";
import { diskError } from "../../../src/base/disk-error.ts";
import { AttuneError } from "../../../src/base/error.ts";

const refusal = (code: string, path?: string) => Object.assign(new Error(`${code}: no`), { code, path });

test.each([
  ["ENOSPC", "there is no space left on its disk"],
  ["EDQUOT", "the quota of its disk is used up"],
  ["EROFS", "its disk can only be read"],
  ["EACCES", "there is no permission for it"],
])("%s is said in one sentence, with the place and what to do", (code, reason) => {
  const said = diskError(refusal(code), "study", "go on later") as AttuneError;
  expect([said.code, said.kind, said.message]).toEqual(["disk/refused", "failure", `study: ${reason}; go on later`]);
  expect((diskError(refusal(code, "study/a"), "study", "go on later") as Error).message).toMatch(/^study\/a: /);
});

test("other errors stay as they are", () => {
  for (const error of [refusal("ENOENT"), new Error("a fault"), new AttuneError("a/b", "known")])
    expect(diskError(error, "study", "go on later")).toBe(error);
});
