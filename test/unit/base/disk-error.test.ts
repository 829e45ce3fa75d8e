import { expect, test } from "vitest";
import { diskError } from "../../../src/base/disk-error.ts";
import { AttuneError } from "../../../src/base/error.ts";
import { partialOf } from "../../../src/base/partial-name.ts";

const refusal = (code: string, path?: string) => Object.assign(new Error(`${code}: no`), { code, path });

test.each([
  ["ENOSPC", "there is no space left on its disk"],
  ["EDQUOT", "the quota of its disk is used up"],
  ["EROFS", "its disk can only be read"],
  ["EACCES", "there is no permission for it"],
  ["EPERM", "there is no permission for it"],
  ["EIO", "its disk does not read or write it (input/output error)"],
  ["EMFILE", "this process has as many files open as it may (see ulimit -n)"],
  ["ENFILE", "this machine has as many files open as it can"],
  ["ENOMEM", "the system has no memory left for it"],
  ["EFBIG", "a file would be larger than is allowed"],
  ["ENOTDIR", "a part of its path is not a folder"],
  ["EISDIR", "a folder has its name"],
  ["ENAMETOOLONG", "its name is too long"],
  ["ELOOP", "its path leads through links in a circle"],
  ["EBUSY", "the system holds it"],
  ["ESTALE", "the network disk that it was on is another one now"],
])("%s is said in one sentence, with the place and what to do", (code, reason) => {
  const said = diskError(refusal(code), "study", "go on later") as AttuneError;
  expect([said.code, said.kind, said.message]).toEqual(["disk/refused", "failure", `study: ${reason}; go on later`]);
  expect((diskError(refusal(code, "study/a"), "study", "go on later") as Error).message).toMatch(/^study\/a: /);
});

test("what is half-written is called by the name that it will get", () => {
  const inside = `${partialOf(partialOf("study/runs/a"))}/model.safetensors`;
  expect((diskError(refusal("ENOSPC", inside), "study", "go on") as Error).message).toMatch(
    /^study\/runs\/a\/model\.safetensors: /,
  );
});

test("other errors stay as they are", () => {
  for (const error of [refusal("ENOENT"), new Error("a fault"), new AttuneError("a/b", "known")])
    expect(diskError(error, "study", "go on later")).toBe(error);
});
