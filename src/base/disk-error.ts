/** What a file system refuses, in words. */
import { AttuneError } from "./error.ts";

/** By the system's code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on its disk",
  EDQUOT: "the quota of its disk is used up",
  EFBIG: "a file would be larger than is allowed",
  EROFS: "its disk can only be read",
  EACCES: "there is no permission for it",
  EPERM: "there is no permission for it",
};

/** Whether the system refused a file or folder. */
export const isRefused = (error: unknown): boolean => ((error as NodeJS.ErrnoException).code ?? "") in REASONS;

/**
 * An error with the file, or else the folder in which it must be, why it was refused, and `advice`; an error of
 * another kind as it is.
 */
export function diskError(cause: unknown, folder: string, advice: string): unknown {
  if (!isRefused(cause)) return cause;
  const { code, path } = cause as NodeJS.ErrnoException;
  return new AttuneError("disk/refused", `${path ?? folder}: ${REASONS[code!]}; ${advice}`, "failure", { cause });
}
