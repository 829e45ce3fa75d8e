/** One process at a time works in a folder. */
import { hostname } from "node:os";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { type Holder, type Lock, takeLock } from "../base/file-lock.ts";

const LOCK = "lock.json";

/** @throws AttuneError with `kind` "input" where another process works in the folder, or this one already */
export function lockFolder(folder: string): Lock {
  const taken = takeLock(join(folder, LOCK));
  if ("release" in taken) return taken;
  throw locked(folder, taken);
}

function locked(folder: string, { pid, host }: Holder): AttuneError {
  const what =
    host === hostname()
      ? `process ${pid} works in this folder; wait for it, or stop it`
      : `process ${pid} on ${host} works in this folder; if it does not any more, remove ${join(folder, LOCK)}`;
  return new AttuneError("folder/locked", `${folder}: ${what}`);
}
