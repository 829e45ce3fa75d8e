/** What a file system refuses, in words. */
import { AttuneError } from "./error.ts";
import { wholeName } from "./partial-name.ts";

/** By the system's code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on its disk",
  EDQUOT: "the quota of its disk is used up",
  EFBIG: "a file would be larger than is allowed",
  EROFS: "its disk can only be read",
  EACCES: "there is no permission for it",
  EPERM: "there is no permission for it",
  EIO: "its disk does not read or write it (input/output error)",
  EMFILE: "this process has as many files open as it may (see ulimit -n)",
  ENFILE: "this machine has as many files open as it can",
  ENOMEM: "the system has no memory left for it",
  ENOTDIR: "a part of its path is not a folder",
  EISDIR: "a folder has its name",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its path leads through links in a circle",
  EBUSY: "the system holds it",
  ESTALE: "the network disk that it was on is another one now",
};

/** Whether the system refused a file or folder. */
export const isRefused = (error: unknown): boolean => ((error as NodeJS.ErrnoException)?.code ?? "") in REASONS;

/** What the system says is wrong, in words; undefined for what is no refusal. */
export const refusalOf = (error: unknown): string | undefined =>
  isRefused(error) ? REASONS[(error as NodeJS.ErrnoException).code!] : undefined;

/**
 * An error with the file, or else the folder in which it must be, why it was refused, and `advice`; an error of
 * another kind as it is.
 */
export function diskError(cause: unknown, folder: string, advice: string): unknown {
  const reason = refusalOf(cause);
  if (reason === undefined) return cause;
  const { path } = cause as NodeJS.ErrnoException;
  return new AttuneError("disk/refused", `${wholeName(path ?? folder)}: ${reason}; ${advice}`, "failure", { cause });
}

/** Does something to a file; the system's errors then name it, also those of calls that only know its number. */
export function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isRefused(error)) (error as NodeJS.ErrnoException).path ??= path;
    throw error;
  }
}
