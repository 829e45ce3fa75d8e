/** Options that go on with something, which keeps what it was begun with. */
import { flagOf } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";

/** @throws AttuneError that names the first of the other options that is given */
export function requireAlone(flag: string, others: object, keeps: string): void {
  const extra = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (extra !== undefined)
    throw new AttuneError("options/resume", `${flagOf(extra)} cannot be used with ${flag}: ${keeps}`);
}
